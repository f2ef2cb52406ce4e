"""Fork one student's process per request. A fork of `preload`'s process, one per client.

Each request takes two forks: a supervisor, which lives as long as the student's process and kills everything that it
leaves behind, and the student's process. If the client closes a request's control socket, that student's process is
killed; if it closes the server's, or dies, all are.

Students whose first cells are the release's are forked from a process that has run these cells: a fork of this server
that serves the requests with that prefix. If it ends, so does this server, and the client grades again.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import replace

from grader.sandbox.isolation.syscalls import PR_SET_CHILD_SUBREAPER, prctl
from grader.sandbox.processes.messages import ServerConfiguration, ServerReady, StartRequest
from grader.sandbox.processes.plan import Plan, make_plan
from grader.sandbox.processes.prefix import run_prefix
from grader.sandbox.processes.supervisor import SupervisorDescriptors, signal_all, supervise
from grader.sandbox.runtime.shell import Shell

MAX_PREFIXES = 8  # of one fork server; each keeps 30 to 100 MB, and guesses that students fill in make further ones
PREFIX_SECONDS = 20.0  # for running one; the released notebooks take 0.6 s
USABLE = b"."  # what its process sends when it can be forked


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
        self._prefixes: dict[bytes, socket.socket | None] = {}  # by request: its server's socket, None: not usable
        self._prefix_servers: dict[int, int] = {}  # pidfd → pid
        # Supervisors hold the read end: it becomes readable when this process ends, for any reason.
        self._alive_read, self._alive_write = os.pipe()

    def serve(self) -> None:
        """Serve requests until the client closes its end; then wait for the supervisors."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        prctl(PR_SET_CHILD_SUBREAPER, 1)  # adopt the orphans of a supervisor that is killed
        client = self._control.fileno()
        while True:
            ready = select.select([client, *self._supervisors, *self._prefix_servers], [], [])[0]
            self._forget([descriptor for descriptor in ready if descriptor in self._supervisors])
            if not self._prefix_servers.keys().isdisjoint(ready):  # it took its students' processes with it
                break
            if client in ready:
                request, descriptors, _, _ = socket.recv_fds(self._control, 1 << 20, 2)
                if not request:
                    break
                pipe, control = descriptors
                self._fork(StartRequest.from_json(request), pipe, control)
        os.close(self._alive_write)
        for connection in filter(None, self._prefixes.values()):
            connection.close()
        while self._supervisors:
            self._forget(select.select([*self._supervisors], [], [])[0])
        for pidfd in self._prefix_servers:
            select.select([pidfd], [], [])

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
        if request.prefix and (server := self._prefix_server(request, copies)):
            socket.send_fds(server, [replace(request, prefix=()).to_json()], [pipe, control])
            os.close(pipe)
            os.close(control)
            return
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

    def _prefix_server(self, request: StartRequest, copies: Mapping[str, str]) -> socket.socket | None:
        """The socket of the server that has run the prefix, which is started at first; None if it is not usable."""
        key = replace(request, files=copies, forks=0).to_json()
        if key in self._prefixes or len(self._prefix_servers) == MAX_PREFIXES:
            return self._prefixes.get(key)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            try:
                self._serve_prefix(request, copies, theirs)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        theirs.close()
        pidfd = os.pidfd_open(pid)
        ours.settimeout(PREFIX_SECONDS)
        try:
            usable = ours.recv(1) == USABLE
        except TimeoutError:
            usable = False
        if not usable:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            select.select([pidfd], [], [])
            os.close(pidfd)
            ours.close()
            self._prefixes[key] = None
            return None
        ours.settimeout(None)
        self._prefix_servers[pidfd] = pid
        self._prefixes[key] = ours
        return ours

    def _serve_prefix(self, request: StartRequest, copies: Mapping[str, str], control: socket.socket) -> None:
        """In a fork of this process: run the cells, and serve as this server does. Raises OSError."""
        environment = {**request.environment, **copies}
        if run_prefix(self._shell, request.prefix, environment, self._directory, [control.fileno()]):
            server = Server(control, self._shell, self._plan, self._directory)
            server._copies = self._copies
            control.send(USABLE)
            server.serve()

    def _forget(self, ended: list[int]) -> None:
        """Close the pidfds of ended supervisors, and kill the orphans that they left."""
        for pidfd in ended:
            del self._supervisors[pidfd]
            os.close(pidfd)
        if ended:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                orphans = {int(pid) for pid in file.read().split()} - set(self._supervisors.values())
            signal_all(signal.SIGKILL, orphans - set(self._prefix_servers.values()))
