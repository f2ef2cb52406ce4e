"""A wall: the kernel's limits for each process. What they cannot bound together, `watchdog` and `cgroup` do."""

from __future__ import annotations

import math
import os
import resource

from grader.sandbox.isolation.bounds import Bounds

OPEN_FILES = 128  # a pair of sockets holds up to 400 kB that belong to no process's memory
MORE = 128  # processes of an ordinary user's own that may begin while a notebook runs: the kernel counts them all
INSIDE = 16  # of ours in a user namespace, where it counts those alone (since Linux 5.14)


def others(uid: int | None, *, inside: bool) -> int:
    """How many processes the kernel will count beside the student's. uid: of its own; None: it stays who it is.

    As few as can be: what a fork bomb may add until it is seen takes the CPU from who looks.
    """
    if uid is not None:
        return 0
    return INSIDE if inside else _tasks_of(os.getuid()) + MORE


def _tasks_of(uid: int) -> int:
    """How many threads this user has."""
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}").st_uid == uid:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:  # it has ended
            continue
    return count


def bound(bounds: Bounds, *, others: int) -> None:
    """Of this process and each of its children. others: processes that the kernel counts and are not the student's.

    RLIMIT_DATA makes a large array an ordinary MemoryError. RLIMIT_FSIZE ends who writes past it with an OSError.
    RLIMIT_CORE of 1 is the kernel's word for no core dump at all: 0 still starts a host's crash reporter.
    Where the whole machine runs out of memory, the student's processes go first.
    """
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    with open("/proc/self/statm") as file:
        data = int(file.read().split()[5]) * resource.getpagesize()
    cpu = math.ceil(bounds.cpu_seconds)
    for kind, most in {
        resource.RLIMIT_CORE: 1,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_DATA: data + bounds.memory_bytes,
        resource.RLIMIT_FSIZE: bounds.disk_bytes,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_NPROC: bounds.processes + others,
    }.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
