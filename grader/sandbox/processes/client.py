"""The trusted end of the sandbox: starts a zygote, fork servers through it, and student processes through those."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader import wire
from grader.errors import ForkServerError, WallsMissing
from grader.sandbox.isolation.bounds import NO_BOUND, Bounds, Walls
from grader.sandbox.processes.zygote import ENVIRONMENT, Zygote, for_students

START_SECONDS = 120.0  # importing torch from a cold disk takes 20
END_SECONDS = 5.0
SUPERVISOR_ENDED = "the supervisor of a student's process ended"


class StudentProcess:
    """One student's process: messages over one pipe, Ctrl-C, and the end. Implements
    `grader.student.channel.Process`."""

    def __init__(self, pipe: socket.socket, control: socket.socket) -> None:
        self._pipe, self._control = pipe, control
        self._passed = b""  # what its supervisor said at the end
        self._supervised = True

    def send(self, body: Mapping[str, Any], deadline: float) -> None:
        """Raises TimeoutError, OSError."""
        wire.send(self._pipe, dict(body), deadline)

    def receive(self, deadline: float) -> Any:
        """The next message. Raises TimeoutError, EOFError, OSError, WireError."""
        return wire.receive(self._pipe, deadline)

    def interrupt(self) -> None:
        """Ctrl-C: a cell or a question that runs ends with KeyboardInterrupt."""
        try:
            self._control.send(b"interrupt")
        except OSError:  # it has ended already
            return

    def kill(self) -> str:
        """End it and everything that it started; returns when nothing is left of it (at most 5 s).

        → the bound that it had passed ("memory", "processes", "cpu", "disk", "files"), or "".
        """
        self._pipe.close()
        if self._control.fileno() >= 0:
            self._hear_the_end()
            self._control.close()
        passed = self._passed.decode()
        return "" if passed == NO_BOUND else passed

    def _hear_the_end(self) -> None:
        self._control.settimeout(END_SECONDS)
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        while True:
            try:
                message = self._control.recv(64)
            except ConnectionResetError:  # it had left an interrupt unread; what it said comes after this
                continue
            except TimeoutError:
                return
            if not message:
                break
            self._passed = message
        self._supervised = bool(self._passed)

    def __enter__(self) -> StudentProcess:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Raises ForkServerError where not the student's process has ended but its supervisor, which looks the same."""
        self.kill()
        if not (self._supervised or failed):
            raise ForkServerError(SUPERVISOR_ENDED)


class ForkServer:
    """A warm process that forks students' processes in 50 ms; started at the first use, ended with this process."""

    def __init__(
        self,
        bounds: Bounds = Bounds(),  # noqa: B008
        *,
        without: Collection[str] = (),
        gpu: bool = False,
        zygote: Zygote | None = None,
    ) -> None:
        """without: walls that are not put up (`sandbox.bounds.ALL`). gpu: students' processes may use it.

        zygote: what it is forked from; None: one of its own.
        """
        self._configuration = {"bounds": asdict(bounds), "without": sorted(without), "gpu": gpu}
        self._lock = threading.Lock()
        self._zygote = zygote or for_students(gpu)
        self._control: socket.socket | None = None
        self._handle = -1  # a pidfd
        self._walls = Walls()
        self.pid = 0  # of the server, once it runs

    def walls(self) -> Walls:
        """What stands around each student's process. Raises ForkServerError, WallsMissing."""
        with self._lock:
            self._running()
            return self._walls

    def start(
        self, files: Iterable[tuple[str, bytes]], variables: Mapping[str, str], read: Iterable[Path] = ()
    ) -> StudentProcess:
        """A new process with these files in its directory and these environment variables.

        read: files of the host that it may read. Raises ForkServerError, WallsMissing.
        """
        with self._lock:
            server = self._running()
            ours, theirs = socket.socketpair()
            control, their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            request = {
                "environment": {**ENVIRONMENT, **variables},
                "read": [str(path.resolve()) for path in read],
            }
            with theirs, their_control:
                descriptors = [theirs.fileno(), their_control.fileno()]
                socket.send_fds(server, [json.dumps(request).encode()], descriptors)
        process = StudentProcess(ours, control)
        try:
            deadline = time.monotonic() + 30
            process.send({"files": [list(file) for file in files]}, deadline)
            process.receive(deadline)
        except (OSError, EOFError, wire.WireError) as error:
            process.kill()
            raise ForkServerError(f"a student's process does not start: {error!r}") from None
        return process

    def is_running(self) -> bool:
        """False where it was never started, or has ended: with it end the processes that it has forked."""
        return self._handle >= 0 and not _ended(self._handle, 0)

    def _running(self) -> socket.socket:
        if self._control and self.is_running():
            return self._control
        self._end()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._zygote.fork(json.dumps(self._configuration).encode(), theirs.fileno())
        atexit.register(self.close)
        self._control.settimeout(START_SECONDS)
        try:
            reply = self._control.recv(1 << 16)
        except TimeoutError:
            self.close()
            raise ForkServerError(f"the fork server was not ready within {START_SECONDS:.0f} s") from None
        if not reply:
            self.close()
            raise ForkServerError("the fork server ended before it was ready; its message stands above")
        said = json.loads(reply)
        self._walls, self.pid = Walls(**said["walls"]), said["pid"]
        if missing := self._walls.essential_missing:
            self.close()
            raise WallsMissing("; ".join(missing))
        self._control.settimeout(None)
        try:
            self._handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self.close()
            raise ForkServerError("the fork server ended when it was ready") from None
        return self._control

    def close(self) -> None:
        """End the server, every process of it, and its zygote."""
        self._end()
        self._zygote.close()

    def _end(self) -> None:
        atexit.unregister(self.close)
        if self._control:
            self._control.close()
        if self._handle >= 0:
            if not _ended(self._handle, END_SECONDS):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
                _ended(self._handle, END_SECONDS)
            os.close(self._handle)
        self._control, self._handle, self.pid = None, -1, 0


def _ended(handle: int, seconds: float) -> bool:
    """Whether the process of a pidfd has ended, or does so in time."""
    end = select.poll()
    end.register(handle, select.POLLIN)
    return bool(end.poll(1000 * seconds))
