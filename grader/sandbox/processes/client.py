"""The trusted end of the sandbox: start a fork server through a zygote, and students' processes through that."""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from grader import wire
from grader.errors import ForkServerError, WallsMissing
from grader.sandbox.isolation.bounds import Bounds, Walls
from grader.sandbox.processes.control import END_SECONDS, Control
from grader.sandbox.processes.messages import ServerConfiguration, ServerReady, StartRequest
from grader.sandbox.processes.zygote import STUDENT_ENVIRONMENT, Zygote, student_zygote
from grader.sandbox.runtime.messages import Copied, Fork, WriteFiles

SERVER_START_SECONDS = 120.0  # importing torch from a cold disk takes 20
STUDENT_START_SECONDS = 30.0
MAX_PREFIX_BYTES = 64 << 10  # a request is one datagram, of 200 KB by default, and JSON may double its length
SUPERVISOR_ENDED = "the supervisor of a student's process, or its fork server, ended"


class StudentProcess:
    """One student's process, or a copy of it: send and receive messages, interrupt, stop.

    Use the first one in a `with` statement, or `kill` it: that ends the copies too.
    """

    def __init__(self, pipe: socket.socket, control: Control, *, is_copy: bool = False) -> None:
        self._pipe, self._control, self._is_copy = pipe, control, is_copy
        self._copies: list[StudentProcess] = []

    def send(self, body: Mapping[str, object], deadline: wire.Deadline) -> None:
        """Send a message. Raises TimeoutError, OSError."""
        wire.send(self._pipe, dict(body), deadline)

    def receive(self, deadline: wire.Deadline) -> object:
        """The next message, decoded. Raises TimeoutError, EOFError, OSError, WireError."""
        return wire.receive(self._pipe, deadline)

    def fork(self, deadline: wire.Deadline) -> tuple[StudentProcess, int]:
        """A copy of the process as it is now, which stays when this one ends, and the number of threads that it lacks.

        Raises TimeoutError; EOFError or OSError if there is no copy; WireError.
        """
        pipe, their_pipe = socket.socketpair()
        copy = StudentProcess(pipe, self._control, is_copy=True)
        try:
            with their_pipe:
                self.send(Fork().to_wire(), deadline)
                socket.send_fds(self._pipe, [b"."], [their_pipe.fileno()], socket.MSG_DONTWAIT)
            threads = Copied.from_wire(copy.receive(deadline)).threads
        except BaseException:
            pipe.close()
            raise
        self._copies.append(copy)
        return copy, threads

    def interrupt(self) -> None:
        """Send SIGINT: a running cell or question ends with KeyboardInterrupt. No effect if the process has ended."""
        self._control.interrupt(copies=self._is_copy)

    def cpu_seconds(self, begin: float) -> float | None:
        """CPU seconds of the process, its copies, and all that they have started; see `Control.cpu_seconds`."""
        return self._control.cpu_seconds(begin)

    def stop(self) -> str:
        """Send no more to this process, and kill the first one, not its copies.

        → the bound that was exceeded ("memory", "processes", "cpu", "disk", "files"), or "".
        """
        self._pipe.close()
        return self._control.stop()

    def kill(self) -> str:
        """Kill the process and everything that it started. Returns once all are dead, or after 5 s. → see `stop`."""
        for process in (self, *self._copies):
            process._pipe.close()
        return self._control.end()

    def __enter__(self) -> StudentProcess:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Raises ForkServerError if the supervisor ended without a report: it or the fork server was killed."""
        self.kill()
        if not (self._control.reported or failed):
            raise ForkServerError(SUPERVISOR_ENDED)


class ForkServer:
    """A warm process that forks a student's process in 50 ms. Started on first use; ends with this process."""

    def __init__(
        self,
        bounds: Bounds = Bounds(),  # noqa: B008
        *,
        without: Collection[str] = (),
        gpu: bool = False,
        zygote: Zygote | None = None,
    ) -> None:
        """without: walls that are switched off (names out of `bounds.ALL_WALLS`). gpu: students may use the GPU.

        zygote: what to fork the server from; None: one for this server alone.
        """
        self._configuration = ServerConfiguration(bounds, tuple(sorted(without)), gpu)
        self._lock = threading.Lock()
        self._zygote = zygote or student_zygote(gpu)
        self._control: socket.socket | None = None
        self._pidfd = -1
        self._walls = Walls()
        self.pid = 0  # of the server, 0 if it does not run

    def walls(self) -> Walls:
        """The walls around each student's process. Raises ForkServerError, WallsMissing."""
        with self._lock:
            self._connect()
            return self._walls

    def start(
        self,
        files: Iterable[tuple[str, bytes]],
        variables: Mapping[str, str],
        read: Mapping[str, Path] = MappingProxyType({}),
        forks: int = 0,
        prefix: tuple[str, ...] = (),
    ) -> StudentProcess:
        """Start a student's process with these files in its directory and these additional environment variables.

        read: environment variable → file of the host. The process may read a copy, which the variable names, so that it
        does not see the file's path. forks: how many copies of the process will be made, in addition to the bound on
        processes. prefix: sources of the cells that it will run first, if they are the release's: they run once for all
        processes that begin with them, unless they have more than MAX_PREFIX_BYTES.
        Raises ForkServerError, WallsMissing.
        """
        with self._lock:
            server = self._connect()
            pipe, their_pipe = socket.socketpair()
            control, their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            paths = {name: str(path.resolve()) for name, path in read.items()}
            shared = prefix if sum(len(source.encode()) for source in prefix) <= MAX_PREFIX_BYTES else ()
            request = StartRequest({**STUDENT_ENVIRONMENT, **variables}, paths, forks, shared)
            with their_pipe, their_control:
                socket.send_fds(server, [request.to_json()], [their_pipe.fileno(), their_control.fileno()])
        process = StudentProcess(pipe, Control(control))
        try:
            deadline = time.monotonic() + STUDENT_START_SECONDS
            process.send(WriteFiles(tuple(files)).to_wire(), deadline)
            process.receive(deadline)
        except (OSError, EOFError, wire.WireError) as error:
            process.kill()
            raise ForkServerError(f"a student's process does not start: {error!r}") from None
        return process

    def is_running(self) -> bool:
        """False if it was not started yet, or has ended, and with it the processes that it had forked."""
        return self._pidfd >= 0 and not _ended(self._pidfd, 0)

    def _connect(self) -> socket.socket:
        """The socket of the running server. Starts a server if none is running."""
        if self._control and self.is_running():
            return self._control
        self.stop()
        self._control, server_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with server_control:
            self._zygote.fork(self._configuration.to_json(), server_control.fileno())
        atexit.register(self.close)
        self._control.settimeout(SERVER_START_SECONDS)
        try:
            reply = self._control.recv(1 << 16)
        except TimeoutError:
            self.close()
            raise ForkServerError(f"the fork server was not ready within {SERVER_START_SECONDS:.0f} s") from None
        if not reply:
            self.close()
            raise ForkServerError("the fork server ended before it was ready; see its error message above")
        ready = ServerReady.from_json(reply)
        self._walls, self.pid = ready.walls, ready.pid
        if missing := self._walls.essential_missing:
            self.close()
            raise WallsMissing("; ".join(missing))
        self._control.settimeout(None)
        try:
            self._pidfd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self.close()
            raise ForkServerError("the fork server ended as soon as it was ready") from None
        return self._control

    def close(self) -> None:
        """End the server, all its students' processes, and its zygote."""
        self.stop()
        self._zygote.close()

    def stop(self) -> None:
        """End the server and all its students' processes. The next use starts another one."""
        atexit.unregister(self.close)
        if self._control:
            self._control.close()
        if self._pidfd >= 0:
            if not _ended(self._pidfd, END_SECONDS):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
                _ended(self._pidfd, END_SECONDS)
            os.close(self._pidfd)
        self._control, self._pidfd, self.pid = None, -1, 0


def _ended(pidfd: int, seconds: float) -> bool:
    """Whether the process has ended, or ends within this time."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(1000 * seconds))
