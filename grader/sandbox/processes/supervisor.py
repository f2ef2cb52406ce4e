"""Run one student's process: create its namespaces and bounds, fork it, and kill all that it leaves behind."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass

from grader.sandbox.isolation import files, privileges, rlimits
from grader.sandbox.isolation.bounds import NO_BOUND, OUTER_WALL
from grader.sandbox.isolation.cgroup import Cgroup
from grader.sandbox.isolation.confine import Confinement, close_descriptors_except
from grader.sandbox.isolation.namespaces import SANDBOX_HOME, Namespaces
from grader.sandbox.isolation.syscalls import PR_SET_CHILD_SUBREAPER, prctl
from grader.sandbox.isolation.watchdog import INTERVAL_SECONDS, Watchdog
from grader.sandbox.processes.child import run_child
from grader.sandbox.processes.messages import INTERRUPT, StartRequest
from grader.sandbox.processes.plan import Plan
from grader.sandbox.runtime.shell import Shell


@dataclass(frozen=True, kw_only=True)
class SupervisorDescriptors:
    """pipe: the student's end. control: the client's orders and the report. server_alive: ends with the fork server."""

    pipe: int
    control: int
    server_alive: int


def supervise(
    plan: Plan, request: StartRequest, descriptors: SupervisorDescriptors, directory: str, shell: Shell
) -> None:
    """Run the student's process until it ends, exceeds a bound, or the client or the fork server ends; then clean up.

    directory: where the student's directory is made, without the outer wall. Sends the exceeded bound, or NO_BOUND, to
    the client: if it receives nothing, this process itself was killed. Raises OSError, NamespacesError.
    """
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # adopt orphans of the student's process
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    close_descriptors_except({1, 2, *astuple(descriptors)})
    outer = OUTER_WALL in plan.walls.standing
    uid = privileges.unused_uid() if "privileges" in plan.walls.standing else None
    other_processes = rlimits.other_processes(uid, in_namespaces=outer)
    home = SANDBOX_HOME if outer else tempfile.mkdtemp(dir=directory)
    group = Cgroup(plan.cgroup_parent, plan.bounds.memory_bytes) if plan.cgroup_parent else None
    watchdog = Watchdog(plan.bounds, home, home_has_size_limit=outer, check_memory=group is None)
    readable = [*plan.readable, *request.readable]
    namespaces = None
    try:
        if outer:
            namespaces = Namespaces(
                read=readable,
                devices=plan.gpu_devices,
                hidden=files.grader_directory(),
                disk_bytes=plan.bounds.disk_bytes,
            )
            namespaces.join()
            watchdog.ignore_descendants()
        if uid is not None:
            os.chown(home, uid, uid)
        keep_read_search = (
            uid is not None and not outer and (plan.some_unreadable or bool(files.unreadable_by(uid, request.readable)))
        )
        confinement = Confinement(
            walls=plan.walls,
            bounds=plan.bounds,
            uid=uid,
            other_processes=other_processes,
            in_namespaces=outer,
            readable=readable,
            writable=plan.gpu_devices,
            keep_read_search=keep_read_search,
        )
        child = os.fork()
        if child == 0:
            try:
                if group:
                    group.enter()
                run_child(shell, descriptors.pipe, home, request.environment, confinement)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        os.close(descriptors.pipe)
        exceeded = wait_for_end(child, descriptors, watchdog, group)
        with contextlib.suppress(ConnectionError):  # the client has ended
            os.write(descriptors.control, exceeded.encode())
    finally:
        if namespaces:
            namespaces.end()
        kill_all(watchdog.descendants)
        if group:
            group.close()
        if not outer:
            remove_directory(home)


def wait_for_end(child: int, descriptors: SupervisorDescriptors, watchdog: Watchdog, group: Cgroup | None) -> str:
    """Wait until the child or the fork server ends, the client closes `control`, or a bound is exceeded.

    → the exceeded bound, or NO_BOUND. Passes the client's interrupts on.
    """
    control, pidfd = descriptors.control, os.pidfd_open(child)
    while True:
        ready = select.select([control, pidfd, descriptors.server_alive], [], [], INTERVAL_SECONDS)[0]
        if control in ready and pidfd not in ready and os.read(control, 64) == INTERRUPT:
            signal.pidfd_send_signal(pidfd, signal.SIGINT)
        elif ready:
            # Asked in each case: an ended process closes its pipe first, so the client may close `control` before the
            # pidfd is ready.
            return "memory" if group and group.out_of_memory() else NO_BOUND
        elif exceeded := watchdog.exceeded():
            return exceeded


def kill_all(descendants: Callable[[], list[int]]) -> None:
    """Kill until no descendant is left. Orphans of killed processes are adopted by this process, a subreaper.

    SIGSTOP first: processes that fork faster than they can be listed would outrun SIGKILL alone.
    """
    stopped: set[int] = set()
    while new := set(descendants()) - stopped:
        signal_all(signal.SIGSTOP, new)
        stopped |= new
    while True:
        signal_all(signal.SIGKILL, descendants())
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:  # reap all before listing again, which is slow for hundreds
                pass
        except ChildProcessError:
            return


def signal_all(number: signal.Signals, pids: Iterable[int]) -> None:
    """Send a signal to each process that still exists."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def remove_directory(home: str) -> None:
    """Delete a student's directory, also if it is nested deeply or has directories without permissions."""
    shutil.rmtree(home, ignore_errors=True)
    if os.path.lexists(home):
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, home], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
