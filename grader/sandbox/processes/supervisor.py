"""Between the fork server and a student's process: its namespaces, its bounds, and the end of all it leaves behind."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from grader.sandbox.isolation import files, privileges, rlimits
from grader.sandbox.isolation.bounds import NO_BOUND, OUTER, Bounds, Walls
from grader.sandbox.isolation.cgroup import Group, Parent
from grader.sandbox.isolation.confine import Confinement, keep_only
from grader.sandbox.isolation.namespaces import HOME, Namespaces
from grader.sandbox.isolation.syscalls import PR_SET_CHILD_SUBREAPER, prctl
from grader.sandbox.isolation.watchdog import INTERVAL, Watchdog

INTERRUPT = b"interrupt"


@dataclass(frozen=True)
class Plan:
    """What the supervisors of a fork server have in common.

    group: where memory can be bounded, or None. read: files, beside each one's own.
    closed: some of them cannot be read by the student's user. devices: the GPU's, where students may use it.
    """

    walls: Walls
    bounds: Bounds
    group: Parent | None
    read: Sequence[str]
    closed: bool
    devices: Sequence[str] = ()


def supervise(
    plan: Plan,
    directory: str,
    read: Sequence[str],
    descriptors: tuple[int, int, int],
    student: Callable[[str, int, Confinement], None],
) -> None:
    """Fork the student's process, which runs `student` in its directory; when it ends, passes a bound, or the host or
    the server ends, end what is left of it. Raises OSError, NamespacesError.

    directory: where its files may lie on the host. read: files beside the plan's. descriptors: the student's pipe, the
    host's control socket, and a pipe that ends with the server. Tells the host which bound was passed, or NO_BOUND:
    whoever hears nothing knows that this process itself was ended.
    """
    pipe, control, server = descriptors
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # what the student's process leaves behind becomes ours
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    keep_only({1, 2, *descriptors})
    outer = OUTER in plan.walls.standing
    uid = privileges.unused_uid() if "privileges" in plan.walls.standing else None
    others = rlimits.others(uid, inside=outer)
    box = HOME if outer else tempfile.mkdtemp(dir=directory)
    group = Group(plan.group, plan.bounds.memory_bytes) if plan.group else None
    watchdog = Watchdog(plan.bounds, box, sized=outer, memory=group is None)
    namespaces = None
    try:
        if outer:
            namespaces = Namespaces([*plan.read, *read], plan.devices, files.own_package(), plan.bounds.disk_bytes)
            namespaces.join()
            watchdog.spare_descendants()
        if uid is not None:
            os.chown(box, uid, uid)
        closed = uid is not None and not outer and (plan.closed or bool(files.closed_to(uid, read)))
        how = Confinement(plan.walls, plan.bounds, uid, others, outer, [*plan.read, *read], plan.devices, closed)
        child = os.fork()
        if child == 0:
            try:
                if group:
                    group.enter()
                student(box, pipe, how)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        os.close(pipe)
        passed = watch(child, control, server, watchdog, group)
        with contextlib.suppress(ConnectionError):  # the host has ended
            os.write(control, passed.encode())
    finally:
        if namespaces:
            namespaces.end()
        end(watchdog.descendants)
        if group:
            group.close()
        if not outer:
            remove(box)


def watch(child: int, control: int, server: int, watchdog: Watchdog, group: Group | None) -> str:
    """Until the child or the server ends, the host closes its socket, or a bound is passed; → which, or NO_BOUND."""
    handle = os.pidfd_open(child)
    while True:
        ready = select.select([control, handle, server], [], [], INTERVAL)[0]
        if control in ready and handle not in ready and os.read(control, 64) == INTERRUPT:
            signal.pidfd_send_signal(handle, signal.SIGINT)
        elif ready:  # an ended process closes its pipe first, so the host's end may come before its own
            return "memory" if group and group.killed() else NO_BOUND
        elif passed := watchdog.exceeded():
            return passed


def end(descendants: Callable[[], list[int]]) -> None:
    """SIGKILL until nothing is left; orphans of what was killed come to us, the subreaper.

    Stopped first: of processes that fork faster than we list them, SIGKILL alone would leave room for new ones.
    """
    stopped: set[int] = set()
    while new := set(descendants()) - stopped:
        send(signal.SIGSTOP, new)
        stopped |= new
    while True:
        send(signal.SIGKILL, descendants())
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:  # all that have ended: listing hundreds takes longer than ending them
                pass
        except ChildProcessError:
            return


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    """A signal to each process that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def remove(box: str) -> None:
    """The student's files, however deep, in folders that nobody may enter as well."""
    shutil.rmtree(box, ignore_errors=True)
    if os.path.lexists(box):
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, box], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
