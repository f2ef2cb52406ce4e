"""A process that imports slow libraries once and forks on request (the name is Android's and Chromium's).

There are two kinds: fork servers of students' processes are forked from `preload`, workers from `grader.batch.worker`.
Imports then take no time in either, and the libraries are in memory once.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import grader

INHERITED_VARIABLES = ("HOME", "LD_LIBRARY_PATH", "MPLCONFIGDIR", "TMPDIR")  # importing the libraries may need them
STUDENT_ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "USER": "student",  # the student's uid has no name in the user database
    "LOGNAME": "student",
    "OMP_NUM_THREADS": "1",  # a thread pool does not survive a fork, and results depend on the thread count
    "OPENBLAS_NUM_THREADS": "1",
    "JOBLIB_MULTIPROCESSING": "0",  # its workers need sockets or named semaphores; see runtime/parallel.py
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "NBGRADER_EXECUTION": "autograde",
}
# An isolated interpreter (-I) finds installed packages only; this program imports the same `grader` as its parent.
# Its folder is passed as the working directory, so that students find it neither in the command line nor in sys.path.
RUN_MODULE = """
import os, sys
sys.path.insert(0, os.getcwd())
import grader
del sys.path[0]
os.chdir("/")
import runpy
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
MAX_DESCRIPTORS = 8  # per request


class Zygote:
    """The client's end. Other processes may use a copy of `connection` to send requests too."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        connection: socket.socket | None = None,
    ) -> None:
        """module: what to run, with the descriptor of its socket as first argument, then `arguments`.

        environment: None to inherit it. connection: to a running zygote; None: `fork` or `start` starts one.
        """
        self.connection = connection
        self._module, self._arguments, self._environment = module, arguments, environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start importing in the background."""
        self.connection, zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-c", RUN_MODULE, self._module, str(zygote_end.fileno()), *self._arguments]
        with zygote_end:
            self._process = subprocess.Popen(
                command,
                pass_fds=[zygote_end.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=Path(grader.__file__).parents[1],
                env=self._environment,
            )

    def fork(self, message: bytes, *descriptors: int) -> None:
        """Request a process with this message and these descriptors. Starts the zygote if it is not running."""
        if self.connection:
            try:
                socket.send_fds(self.connection, [message], descriptors)
                return
            except OSError:
                self.close()
        self.start()
        assert self.connection
        socket.send_fds(self.connection, [message], descriptors)

    def close(self) -> None:
        """Disconnect; kill the process if we started it. Its children survive."""
        if self.connection:
            self.connection.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self.connection = self._process = None


def student_zygote(gpu: bool = False, connection: socket.socket | None = None) -> Zygote:
    """The zygote of fork servers. gpu: students may use the GPU. connection: to one that runs already."""
    environment = STUDENT_ENVIRONMENT | {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
    if not gpu:  # the warm-up's first gradient looks for devices and starts a thread for each
        environment["CUDA_VISIBLE_DEVICES"] = ""
    arguments = "gpu" if gpu else ""
    return Zygote("grader.sandbox.processes.preload", arguments, environment=environment, connection=connection)


def serve(control: socket.socket, child: Callable[[bytes, list[int]], None]) -> None:
    """Fork a process that calls `child(message, descriptors)` for each request, until all clients have disconnected."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the clients to handle
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, MAX_DESCRIPTORS)
        if not descriptors:
            return
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                child(message, descriptors)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)
