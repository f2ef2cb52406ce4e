"""The client's end of a supervisor's control socket: orders, and the supervisor's reports."""

from __future__ import annotations

import contextlib
import socket
import time

from grader.sandbox.isolation.bounds import NO_BOUND
from grader.sandbox.processes.messages import INTERRUPT, INTERRUPT_COPIES, STOP, STOPPED, CpuTime

END_SECONDS = 5.0
CPU_TIME_SECONDS = 2.0  # for a supervisor to measure the CPU time, which takes 1 ms


class Control:
    """Orders to one supervisor. reported: False if it ended without a report, so something else has killed it."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._report = b""  # the supervisor's last message: the exceeded bound, or NO_BOUND
        self.reported = True

    def interrupt(self, *, copies: bool) -> None:
        """Send SIGINT to the student's process; copies: to all that it started too, of which one is being asked."""
        with contextlib.suppress(OSError):
            self._control.send(INTERRUPT_COPIES if copies else INTERRUPT)

    def cpu_seconds(self, begin: float) -> float | None:
        """CPU seconds of all the student's processes since `begin`, a `time.monotonic()` value.

        None if the supervisor does not tell within 2 s: it has ended, or is itself kept from running.
        """
        deadline = time.monotonic() + CPU_TIME_SECONDS
        with contextlib.suppress(OSError):
            self._control.send(CpuTime(begin).to_bytes())
            while (left := deadline - time.monotonic()) > 0:
                self._control.settimeout(left)
                message = self._receive()
                reply = CpuTime.from_bytes(message)
                if reply and reply.begin == begin:
                    return reply.seconds
                if not reply and not message.startswith(STOPPED):  # it has ended; b"" if without a report
                    self._report = message or self._report
                    return None
        return None

    def stop(self) -> str:
        """Kill the student's process, not what it started → the bound that was exceeded since the last call, or ""."""
        with contextlib.suppress(OSError):
            self._control.send(STOP)
        with contextlib.suppress(OSError):
            self._control.settimeout(END_SECONDS)
            while CpuTime.from_bytes(message := self._receive()):
                pass  # a reply that came too late
            if message.startswith(STOPPED):
                return _bound(message.removeprefix(STOPPED))
            self._report = message or self._report
        return _bound(self._report)

    def end(self) -> str:
        """Order the end and wait for the report and the supervisor → the exceeded bound, or ""."""
        if self._control.fileno() >= 0:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)
            with contextlib.suppress(TimeoutError):
                self._control.settimeout(END_SECONDS)
                while message := self._receive():
                    if not message.startswith(STOPPED) and not CpuTime.from_bytes(message):
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
