"""The client's end of a supervisor's control socket: orders, and the supervisor's reports."""

from __future__ import annotations

import contextlib
import socket

from grader.sandbox.isolation.bounds import NO_BOUND
from grader.sandbox.processes.messages import INTERRUPT, INTERRUPT_COPIES, STOP, STOPPED

END_SECONDS = 5.0


class Control:
    """Orders to one supervisor. reported: False if it ended without a report, so something else has killed it."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._control.settimeout(END_SECONDS)
        self._report = b""  # the supervisor's last message: the exceeded bound, or NO_BOUND
        self.reported = True

    def interrupt(self, *, copies: bool) -> None:
        """Send SIGINT to the student's process; copies: to all that it started too, of which one is being asked."""
        with contextlib.suppress(OSError):
            self._control.send(INTERRUPT_COPIES if copies else INTERRUPT)

    def stop(self) -> str:
        """Kill the student's process, not what it started → the bound that was exceeded since the last call, or ""."""
        with contextlib.suppress(OSError):
            self._control.send(STOP)
        with contextlib.suppress(OSError):
            message = self._receive()
            if message.startswith(STOPPED):
                return _bound(message.removeprefix(STOPPED))
            self._report = message
        return _bound(self._report)

    def end(self) -> str:
        """Order the end and wait for the report and the supervisor → the exceeded bound, or ""."""
        if self._control.fileno() >= 0:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)
            with contextlib.suppress(TimeoutError):
                while message := self._receive():
                    if not message.startswith(STOPPED):
                        self._report = message
                self.reported = bool(self._report)
            self._control.close()
        return _bound(self._report)

    def _receive(self) -> bytes:
        """The next message, b"" at the end. Raises TimeoutError."""
        while True:
            try:
                return self._control.recv(64)
            except ConnectionResetError:  # it ended with an order unread; its report can still be received
                continue


def _bound(report: bytes) -> str:
    name = report.decode()
    return "" if name == NO_BOUND else name
