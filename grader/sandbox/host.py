"""The trusted end of the sandbox: starts the fork server, and student processes through it."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader import wire
from grader.sandbox.bounds import Bounds, Walls, WallsMissing

START_SECONDS = 120.0  # importing torch from a cold disk takes 20
INHERITED = ("HOME", "LD_LIBRARY_PATH", "MPLCONFIGDIR", "TMPDIR")  # what importing the libraries may need
ENVIRONMENT = {  # of a student's process
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "USER": "student",  # whose number has no name
    "LOGNAME": "student",
    "OMP_NUM_THREADS": "1",  # a thread pool does not survive a fork, and results depend on the thread count
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "NBGRADER_EXECUTION": "autograde",
}


class ForkServerError(Exception):
    """The fork server does not start or does not answer."""


class StudentProcess:
    """One student's process: messages over one pipe, Ctrl-C, and the end. Implements `grader.student.Process`."""

    def __init__(self, pipe: socket.socket, control: socket.socket) -> None:
        self._pipe, self._control = pipe, control

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
        passed = b""
        try:
            self._control.shutdown(socket.SHUT_WR)
            self._control.settimeout(5)
            while message := self._control.recv(64):
                passed = message
        except OSError:
            pass
        self._control.close()
        return passed.decode()

    def __enter__(self) -> StudentProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class ForkServer:
    """A warm process that forks students' processes in 50 ms; started at the first use, ended with this process."""

    def __init__(self, bounds: Bounds = Bounds(), *, without: Collection[str] = (), gpu: bool = False) -> None:  # noqa: B008
        """without: walls that are not put up (`sandbox.bounds.ALL`). gpu: students' processes may use it."""
        self._configuration = {"bounds": asdict(bounds), "without": sorted(without), "gpu": gpu}
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._walls = Walls()

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
            assert self._directory
            ours, theirs = socket.socketpair()
            control, their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            request = {
                "directory": self._directory.name,
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
        return self._server is not None and self._server.poll() is None

    def _running(self) -> socket.socket:
        if self._control and self.is_running():
            return self._control
        self.close()
        self._directory = tempfile.TemporaryDirectory(prefix="students-", ignore_cleanup_errors=True)
        os.chmod(self._directory.name, 0o711)  # a student's user enters its own directory below
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = ENVIRONMENT | {name: os.environ[name] for name in INHERITED if name in os.environ}
        if not self._configuration["gpu"]:  # the warm-up's first gradient asks for devices and starts a thread for each
            environment["CUDA_VISIBLE_DEVICES"] = ""
        command = [sys.executable, "-I", "-m", "grader.sandbox.forkserver", str(theirs.fileno())]
        with theirs:
            self._server = subprocess.Popen(
                [*command, json.dumps(self._configuration)],
                env=environment,
                cwd=self._directory.name,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
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
        self._walls = Walls(**json.loads(reply))
        if missing := self._walls.essential_missing:
            self.close()
            raise WallsMissing("; ".join(missing))
        self._control.settimeout(None)
        return self._control

    def close(self) -> None:
        """End the server and every process of it."""
        atexit.unregister(self.close)
        if self._control:
            self._control.close()
        if self._server:
            try:
                self._server.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        if self._directory:
            self._directory.cleanup()
        self._control = self._server = self._directory = None
