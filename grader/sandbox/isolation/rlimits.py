"""A wall: the kernel's limits per process. Limits on all processes together: `watchdog` and `cgroup`."""

from __future__ import annotations

import math
import os
import resource

from grader.sandbox.isolation.bounds import Bounds

MAX_OPEN_FILES = 128  # a pair of sockets buffers up to 400 kB that count as no process's memory
# Of a student's processes, against the trusted side, where no control group is made. They cannot lower it again.
NICE = 3
NICE_WEIGHT = 526 / 1024  # of a process at NICE, compared with one at 0 (the kernel's sched_prio_to_weight)
SPARE_USER_PROCESSES = 128  # that an ordinary user may start elsewhere meanwhile: RLIMIT_NPROC counts all of a user's
SPARE_NAMESPACE_PROCESSES = 16  # the grader's own, in a user namespace: it is counted separately (since Linux 5.14)


def other_processes(uid: int | None, *, in_namespaces: bool) -> int:
    """How many processes RLIMIT_NPROC will count besides the student's. uid: the student's user, or None if unchanged.

    Keep low: a fork bomb competes with the watchdog for CPU.
    """
    if uid is not None:
        return 0
    return SPARE_NAMESPACE_PROCESSES if in_namespaces else _threads_of(os.getuid()) + SPARE_USER_PROCESSES


def _threads_of(uid: int) -> int:
    """How many threads this user has."""
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}").st_uid == uid:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:  # the process has ended
            continue
    return count


def apply(bounds: Bounds, *, other_processes: int) -> None:
    """Limit this process and each of its future children, and lower their priority to NICE.

    other_processes: added to the limit on processes.

    RLIMIT_DATA turns a too large array into a MemoryError. RLIMIT_FSIZE turns a too large file into an OSError.
    RLIMIT_CORE is 1 because 0 still starts a crash reporter that the host has configured.
    If the machine runs out of memory, the kernel kills the student's processes first (oom_score_adj).
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    with open("/proc/self/statm") as file:
        data = int(file.read().split()[5]) * resource.getpagesize()
    cpu = math.ceil(bounds.cpu_seconds)
    for kind, limit in {
        resource.RLIMIT_CORE: 1,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_DATA: data + bounds.memory_bytes,
        resource.RLIMIT_FSIZE: bounds.disk_bytes,
        resource.RLIMIT_NOFILE: MAX_OPEN_FILES,
        resource.RLIMIT_NPROC: bounds.processes + other_processes,
    }.items():
        hard = resource.getrlimit(kind)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (limit, limit))
