"""What a forked process gives up before a student's code runs in it: the ordered list. Each step must succeed.

The order matters. Descriptors come first: the fork server's own sockets are among them. Privileges go before the
directory is entered and files are opened, which therefore belong to the student. What a shell opens (a terminal, files
in memory) it opens between `give_up` and `shut_in`: Landlock and seccomp would refuse it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from grader.sandbox.isolation import landlock, privileges, rlimits, seccomp
from grader.sandbox.isolation.bounds import Bounds, Walls
from grader.sandbox.isolation.files import DEVICES, PROC, packages
from grader.sandbox.isolation.syscalls import PR_SET_PDEATHSIG, prctl


@dataclass(frozen=True)
class Confinement:
    """How one student's process is to be shut in.

    walls: those that stand. uid: who it becomes, or None. others: see `rlimits.bound`. inside: it is in namespaces.
    read, write: files of the host beside its own directory. read_search: see `privileges.drop`.
    """

    walls: Walls
    bounds: Bounds
    uid: int | None
    others: int
    inside: bool
    read: Iterable[str] = ()
    write: Iterable[str] = ()
    read_search: bool = False


def keep_only(descriptors: Collection[int]) -> None:
    """Close every descriptor but these; standard input, output and error become /dev/null unless they are kept."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in descriptors:
            try:
                os.close(int(name))
            except OSError:  # the one that listed the directory
                continue
    null = os.open(os.devnull, os.O_RDWR)
    for standard in {0, 1, 2} - set(descriptors):
        os.dup2(null, standard)
    if null > 2:
        os.close(null)


def give_up(pipe: int, box: str, environment: Mapping[str, str], how: Confinement) -> None:
    """One pipe, one directory, an environment and a user of its own, bounds on what it uses. Raises OSError."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # nothing below may outlive the supervisor
    os.setsid()  # no terminal, and a process group of its own
    keep_only({pipe})
    os.environ.clear()
    os.environ.update(environment)
    os.umask(0o077)
    if "rlimits" in how.walls.standing:
        rlimits.bound(how.bounds, others=how.others)
    if "privileges" in how.walls.standing:
        privileges.drop(how.uid, read_search=how.read_search)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user has cleared it
    os.chdir(box)


def shut_in(box: str, how: Confinement) -> None:
    """From here on only its own files, and no system call that it does not need. Raises OSError."""
    if "landlock" in how.walls.standing:
        own = [box, "/dev/null", "/dev/zero", "/dev/full", *how.write]
        proc = ["/proc"] if how.inside else PROC  # inside, /proc shows the student's own processes alone
        landlock.restrict([*how.read, *DEVICES, *proc], own, packages())
    if "seccomp" in how.walls.standing:
        seccomp.load(same_user=how.uid is None and not how.inside, landlock=how.walls.landlock)
