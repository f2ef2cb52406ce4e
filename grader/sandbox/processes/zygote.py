"""A process that imports once and forks what others ask it for; the name is Android's and Chromium's.

Fork servers of students' processes have one (`preload`), workers another (`grader.batch.worker`): none waits for
imports of its own, and what was imported is in memory once.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grader

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
# An isolated interpreter (-I) knows installed packages only; this program imports the same `grader` as its parent.
# The folder is passed as the working directory, so neither the command line nor sys.path tells it to students.
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
MOST = 8  # descriptors of one request


class Zygote:
    """The end of whoever asks. Another process may be given the `connection`, and asks as well."""

    def __init__(self, *command: str, connection: socket.socket | None = None, **options: Any) -> None:
        """command: a module and its arguments; the first of them will be the descriptor. options: see Popen.

        connection: to one that somebody else has started; None: none is running yet.
        """
        self.connection = connection
        self._command, self._options = command, options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Let it import; nobody waits for that before it is asked."""
        self.connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        module, *arguments = self._command
        command = [sys.executable, "-I", "-c", RUN_MODULE, module, str(theirs.fileno()), *arguments]
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=Path(grader.__file__).parents[1],
                **self._options,
            )

    def fork(self, message: bytes, *descriptors: int) -> None:
        """Ask for a process with these descriptors; one that does not run, or no more, is started before."""
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
        """Nothing more is asked of it; whoever has started it ends it. What it has forked may go on."""
        if self.connection:
            self.connection.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self.connection = self._process = None


def for_students(gpu: bool = False, connection: socket.socket | None = None) -> Zygote:
    """What fork servers are forked from. gpu: students may use it."""
    environment = ENVIRONMENT | {name: os.environ[name] for name in INHERITED if name in os.environ}
    if not gpu:  # the warm-up's first gradient asks for devices and starts a thread for each
        environment["CUDA_VISIBLE_DEVICES"] = ""
    command = "grader.sandbox.processes.preload", "gpu" if gpu else ""
    return Zygote(*command, connection=connection, env=environment)


def serve(control: socket.socket, child: Callable[[bytes, list[int]], None]) -> None:
    """The process itself: fork a `child` for each request, until the last of those who may ask has closed its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal is for whoever asks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, MOST)
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
