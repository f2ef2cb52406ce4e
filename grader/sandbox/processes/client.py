"""The trusted end of the sandbox: start a fork server through a zygote, and students' processes through that."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from grader import wire
from grader.errors import ForkServerError, WallsMissing
from grader.sandbox.isolation.bounds import NO_BOUND, Bounds, Walls
from grader.sandbox.processes.messages import INTERRUPT, ServerConfiguration, ServerReady, StartRequest
from grader.sandbox.processes.zygote import STUDENT_ENVIRONMENT, Zygote, student_zygote
from grader.sandbox.runtime.messages import WriteFiles

SERVER_START_SECONDS = 120.0  # importing torch from a cold disk takes 20
STUDENT_START_SECONDS = 30.0
END_SECONDS = 5.0
SUPERVISOR_ENDED = "the supervisor of a student's process ended"


class StudentProcess:
    """One student's process: send and receive messages, interrupt, kill. Use it in a `with` statement, or `kill` it."""

    def __init__(self, pipe: socket.socket, control: socket.socket) -> None:
        self._pipe, self._control = pipe, control
        self._report = b""  # the supervisor's last message: the exceeded bound, or NO_BOUND
        self._supervisor_reported = True

    def send(self, body: Mapping[str, object], deadline: float) -> None:
        """Send a message. deadline: of time.monotonic(). Raises TimeoutError, OSError."""
        wire.send(self._pipe, dict(body), deadline)

    def receive(self, deadline: float) -> object:
        """The next message, decoded. Raises TimeoutError, EOFError, OSError, WireError."""
        return wire.receive(self._pipe, deadline)

    def interrupt(self) -> None:
        """Send SIGINT: a running cell or question ends with KeyboardInterrupt. No effect if the process has ended."""
        with contextlib.suppress(OSError):
            self._control.send(INTERRUPT)

    def kill(self) -> str:
        """Kill the process and everything that it started. Returns once all are dead, or after 5 s.

        → the bound that it had exceeded ("memory", "processes", "cpu", "disk", "files"), or "".
        """
        self._pipe.close()
        if self._control.fileno() >= 0:
            self._wait_for_supervisor()
            self._control.close()
        exceeded = self._report.decode()
        return "" if exceeded == NO_BOUND else exceeded

    def _wait_for_supervisor(self) -> None:
        """Shut down our side of the control socket, which orders the end; wait for the report and the supervisor."""
        self._control.settimeout(END_SECONDS)
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        while True:
            try:
                message = self._control.recv(64)
            except ConnectionResetError:  # it ended with an interrupt unread; its report can still be received
                continue
            except TimeoutError:
                return
            if not message:
                break
            self._report = message
        self._supervisor_reported = bool(self._report)

    def __enter__(self) -> StudentProcess:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Raises ForkServerError if the supervisor ended without a report: that is not the student's fault."""
        self.kill()
        if not (self._supervisor_reported or failed):
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
        self, files: Iterable[tuple[str, bytes]], variables: Mapping[str, str], read: Iterable[Path] = ()
    ) -> StudentProcess:
        """Start a student's process with these files in its directory and these additional environment variables.

        read: paths of the host that it may read. Raises ForkServerError, WallsMissing.
        """
        with self._lock:
            server = self._connect()
            pipe, their_pipe = socket.socketpair()
            control, their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            readable = tuple(str(path.resolve()) for path in read)
            request = StartRequest({**STUDENT_ENVIRONMENT, **variables}, readable)
            with their_pipe, their_control:
                socket.send_fds(server, [request.to_json()], [their_pipe.fileno(), their_control.fileno()])
        process = StudentProcess(pipe, control)
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
        self._end()
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
        self._end()
        self._zygote.close()

    def _end(self) -> None:
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
