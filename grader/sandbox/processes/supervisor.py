"""Run one student's process: create its namespaces and bounds, fork it, and kill all that it leaves behind."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, replace

from grader.sandbox.isolation import files, privileges, rlimits
from grader.sandbox.isolation.bounds import NO_BOUND, OUTER_WALL
from grader.sandbox.isolation.cgroup import Cgroup
from grader.sandbox.isolation.confine import Confinement, close_descriptors_except
from grader.sandbox.isolation.namespaces import SANDBOX_HOME, Namespaces
from grader.sandbox.isolation.syscalls import PR_SET_CHILD_SUBREAPER, prctl
from grader.sandbox.isolation.watchdog import INTERVAL_SECONDS, Watchdog
from grader.sandbox.processes.child import run_child
from grader.sandbox.processes.messages import INTERRUPT, INTERRUPT_COPIES, STOP, STOPPED, CpuTime, StartRequest
from grader.sandbox.processes.plan import Plan
from grader.sandbox.runtime.shell import Shell

FILES = "/files"  # inside the outer wall: where an assignment's files for students are shown


@dataclass(frozen=True, kw_only=True)
class SupervisorDescriptors:
    """pipe: the student's end. control: the client's orders and the report. server_alive: ends with the fork server.

    The supervisor keeps `pipe`, to close it for all who hold it when the student's process has ended: a process that
    this one has started may live on, and the client would wait for an answer until its deadline.
    """

    pipe: int
    control: int
    server_alive: int


def supervise(
    plan: Plan,
    request: StartRequest,
    copies: Mapping[str, str],
    descriptors: SupervisorDescriptors,
    directory: str,
    shell: Shell,
) -> None:
    """Run the student's process and its copies as `wait_for_end` says; then clean up.

    copies: environment variable → file that it shall name. directory: where the student's directory is made, without
    the outer wall. Sends the exceeded bound, or NO_BOUND, to the client at the end: if it receives nothing, this
    process itself or the fork server was killed. Raises OSError, NamespacesError.
    """
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # adopt orphans of the student's process
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    close_descriptors_except({1, 2, *astuple(descriptors)})
    outer = OUTER_WALL in plan.walls.standing
    uid = privileges.unused_uid() if "privileges" in plan.walls.standing else None
    other_processes = rlimits.other_processes(uid, in_namespaces=outer)
    bounds = replace(plan.bounds, processes=plan.bounds.processes + request.forks)
    home = SANDBOX_HOME if outer else tempfile.mkdtemp(dir=directory)
    group = Cgroup(plan.cgroup_parent, plan.bounds.memory_bytes) if plan.cgroup_parent else None
    watchdog = Watchdog(bounds, home, home_has_size_limit=outer, check_memory=group is None)
    named = {name: f"{FILES}/{name}/{os.path.basename(path)}" if outer else path for name, path in copies.items()}
    namespaces = None
    try:
        if outer:
            namespaces = Namespaces(
                read=plan.readable,
                named={inside: copies[name] for name, inside in named.items()},
                devices=plan.gpu_devices,
                hidden=files.grader_directory(),
                disk_bytes=plan.bounds.disk_bytes,
            )
            namespaces.join()
            watchdog.ignore_descendants()
        if uid is not None:
            os.chown(home, uid, uid)
        confinement = Confinement(
            walls=plan.walls,
            bounds=bounds,
            uid=uid,
            other_processes=other_processes,
            in_namespaces=outer,
            readable=[*plan.readable, *named.values()],
            writable=plan.gpu_devices,
            keep_read_search=uid is not None and not outer and plan.some_unreadable,
        )
        child = os.fork()
        if child == 0:
            try:
                if group:
                    group.enter()
                renamed = {copies[name]: path for name, path in named.items()}
                run_child(shell, descriptors.pipe, home, {**request.environment, **named}, confinement, renamed)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        exceeded = wait_for_end(child, descriptors, watchdog, group)
        if exceeded:
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
    """Carry out the client's orders until it closes `control`, the fork server ends, or a bound is exceeded.

    → the exceeded bound, or NO_BOUND; "" if the fork server has ended, and the student's process for that reason.
    A bound that is exceeded while the child runs ends only the child. Once it has ended, its copies, which stand for
    earlier states of it, may use as much again.
    """
    control, server_alive, pidfd = descriptors.control, descriptors.server_alive, os.pidfd_open(child)
    running, exceeded = True, ""
    while True:
        waited = [control, server_alive, *([pidfd] if running else [])]
        ready = select.select(waited, [], [], INTERVAL_SECONDS)[0]
        order = read_order(control) if control in ready else b""
        if order == STOP:
            end(pidfd)
        if running and has_ended(pidfd):
            running = False
            watchdog.double_bounds()
            shut_down(descriptors.pipe)
        if order == INTERRUPT:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGINT)
        elif order == INTERRUPT_COPIES:
            signal_all(signal.SIGINT, watchdog.processes())
        elif asked := CpuTime.from_bytes(order):
            reply = CpuTime(asked.begin, watchdog.cpu_seconds(asked.begin))
            with contextlib.suppress(ConnectionError):  # the client has ended
                os.write(control, reply.to_bytes())
        elif control not in ready and server_alive in ready:
            return ""
        elif control in ready:
            # Asked in each case: the kernel ends one process of the group, and the client sees only that a pipe closes.
            bound = exceeded or ("memory" if group and group.out_of_memory() else NO_BOUND)
            if order != STOP:
                return bound
            exceeded = ""
            with contextlib.suppress(ConnectionError):
                os.write(control, STOPPED + bound.encode())
        elif found := watchdog.exceeded():
            if not running:
                return found
            exceeded = found
            end(pidfd)


def read_order(control: int) -> bytes:
    """The client's next order; b"" if it has ended or closed the socket, also with a report unread."""
    try:
        return os.read(control, 64)
    except ConnectionResetError:
        return b""


def shut_down(pipe: int) -> None:
    """Close a socket for all processes that have it. What was sent before can still be received at the other end."""
    with contextlib.suppress(OSError), socket.socket(fileno=pipe) as connection:  # the other end may be closed
        connection.shutdown(socket.SHUT_RDWR)


def has_ended(pidfd: int) -> bool:
    """Whether the process has ended; it may not have been waited for."""
    return bool(select.select([pidfd], [], [], 0)[0])


def end(pidfd: int) -> None:
    """Kill the process and wait until it has ended. Nothing happens if it has."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    select.select([pidfd], [], [])


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
