"""Fork one student's process per request. A fork of `preload`'s process, one per client.

Each request takes two forks: a supervisor, which lives as long as the student's process and kills everything that it
leaves behind, and the student's process. If the client closes a request's control socket, that student's process is
killed; if it closes the server's, or dies, all are.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import tempfile
import traceback

from grader.sandbox.isolation.syscalls import PR_SET_CHILD_SUBREAPER, prctl
from grader.sandbox.processes.messages import ServerConfiguration, ServerReady, StartRequest
from grader.sandbox.processes.plan import Plan, make_plan
from grader.sandbox.processes.supervisor import SupervisorDescriptors, signal_all, supervise
from grader.sandbox.runtime.shell import Shell


def run(configuration: ServerConfiguration, control: socket.socket, shell: Shell) -> None:
    """Report the walls of this host, then serve requests until the client closes its end of `control`."""
    plan = make_plan(configuration)
    shell.output_limit = plan.bounds.output_bytes
    try:
        control.send(ServerReady(os.getpid(), plan.walls).to_json())
    except BrokenPipeError:  # the client has ended meanwhile
        return
    if not plan.walls.essential_missing:
        with tempfile.TemporaryDirectory(prefix="students-", ignore_cleanup_errors=True) as directory:
            os.chmod(directory, 0o711)  # a student's user must reach its own directory below
            Server(control, shell, plan, directory).serve()


class Server:
    """Forks a supervisor per request and keeps track of those that are alive."""

    def __init__(self, control: socket.socket, shell: Shell, plan: Plan, directory: str) -> None:
        """directory: where students' directories are made, without the outer wall, and copies of files for them."""
        self._control, self._shell, self._plan, self._directory = control, shell, plan, directory
        self._supervisors: dict[int, int] = {}  # pidfd → pid
        self._copies: dict[tuple[str, int, int], str] = {}  # path, time and size of a file of the host → its copy
        # Supervisors hold the read end: it becomes readable when this process ends, for any reason.
        self._alive_read, self._alive_write = os.pipe()

    def serve(self) -> None:
        """Serve requests until the client closes its end; then wait for the supervisors."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        prctl(PR_SET_CHILD_SUBREAPER, 1)  # adopt the orphans of a supervisor that is killed
        client = self._control.fileno()
        while True:
            ready = select.select([client, *self._supervisors], [], [])[0]
            self._forget([descriptor for descriptor in ready if descriptor != client])
            if client in ready:
                request, descriptors, _, _ = socket.recv_fds(self._control, 1 << 20, 2)
                if not request:
                    break
                pipe, control = descriptors
                self._fork(StartRequest.from_json(request), pipe, control)
        os.close(self._alive_write)
        while self._supervisors:
            self._forget(select.select([*self._supervisors], [], [])[0])

    def _copy(self, path: str) -> str:
        """A copy of a file of the host that tells nothing of its place, made once. Raises OSError."""
        status = os.stat(path)
        key = path, status.st_mtime_ns, status.st_size
        if key not in self._copies:
            folder = os.path.join(self._directory, f"files-{len(self._copies)}")
            os.mkdir(folder, 0o711)
            os.chmod(folder, 0o711)
            copy = os.path.join(folder, os.path.basename(path))
            shutil.copyfile(path, copy)
            os.chmod(copy, 0o444)
            self._copies[key] = copy
        return self._copies[key]

    def _fork(self, request: StartRequest, pipe: int, control: int) -> None:
        copies = {name: self._copy(path) for name, path in request.files.items()}
        supervisor = os.fork()
        if supervisor == 0:
            try:
                os.close(self._alive_write)
                descriptors = SupervisorDescriptors(pipe=pipe, control=control, server_alive=self._alive_read)
                supervise(self._plan, request, copies, descriptors, self._directory, self._shell)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        self._supervisors[os.pidfd_open(supervisor)] = supervisor
        os.close(pipe)
        os.close(control)

    def _forget(self, ended: list[int]) -> None:
        """Close the pidfds of ended supervisors, and kill the orphans that they left."""
        for pidfd in ended:
            del self._supervisors[pidfd]
            os.close(pidfd)
        if ended:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                orphans = {int(pid) for pid in file.read().split()} - set(self._supervisors.values())
            signal_all(signal.SIGKILL, orphans)
