"""The ordered list of steps that confine a forked process before a student's code runs in it. Each step must succeed.

The order matters. Descriptors come first, because the fork server's sockets are among them. Privileges are dropped
before the directory is entered and files are written, so the files belong to the student's user. The shell opens its
terminal, memory files and event loop between `drop_privileges` and `lock_down`: Landlock and seccomp would refuse them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from grader.sandbox.isolation import landlock, privileges, rlimits, seccomp
from grader.sandbox.isolation.bounds import Bounds, Walls
from grader.sandbox.isolation.files import DEVICES, PROC, PROC_LISTED, package_directories
from grader.sandbox.isolation.syscalls import PR_SET_PDEATHSIG, prctl


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """How to confine one student's process.

    walls: those to build. uid: the user to become, or None to keep the current one. other_processes: see
    `rlimits.apply`. in_namespaces: the process has joined namespaces. readable, writable: files besides the student's
    directory. keep_read_search: see `privileges.drop`.
    """

    walls: Walls
    bounds: Bounds
    uid: int | None
    other_processes: int
    in_namespaces: bool
    readable: Iterable[str]
    writable: Iterable[str]
    keep_read_search: bool


def close_descriptors_except(kept: Collection[int]) -> None:
    """Close every descriptor that is not in `kept`; replace 0, 1 and 2 by /dev/null unless they are kept."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:  # the descriptor with which listdir read the directory
                continue
    null = os.open(os.devnull, os.O_RDWR)
    for standard in {0, 1, 2} - set(kept):
        os.dup2(null, standard)
    if null > 2:
        os.close(null)


def drop_privileges(pipe: int, home: str, environment: Mapping[str, str], confinement: Confinement) -> None:
    """Keep one pipe, one directory (`home`) and `environment`; apply rlimits and change the user. Raises OSError."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # die with the supervisor
    os.setsid()  # no controlling terminal, and a separate process group
    close_descriptors_except({pipe})
    os.environ.clear()
    os.environ.update(environment)
    os.umask(0o077)
    if "rlimits" in confinement.walls.standing:
        rlimits.apply(confinement.bounds, other_processes=confinement.other_processes)
    if "privileges" in confinement.walls.standing:
        privileges.drop(confinement.uid, keep_read_search=confinement.keep_read_search)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user has cleared it
    os.chdir(home)


def lock_down(home: str, confinement: Confinement) -> None:
    """Allow only the listed files, and refuse system calls that a notebook does not need. Raises OSError."""
    if "landlock" in confinement.walls.standing:
        landlock.restrict(
            read=[*confinement.readable, *DEVICES, *PROC],
            write=[home, "/dev/null", "/dev/zero", "/dev/full", *confinement.writable],
            listed=[*package_directories(), *PROC_LISTED],
        )
    if "seccomp" in confinement.walls.standing:
        same_user = confinement.uid is None and not confinement.in_namespaces
        seccomp.load(same_user=same_user, landlock_abi=confinement.walls.landlock)
