"""Capture output to descriptors 1 and 2 that bypasses Python's streams, and run `!command` on a terminal. No threads.

A thread that reads a pipe would not be covered by Landlock, which restricts only the calling thread, and a pipe without
a reader blocks its writer. So descriptors 1 and 2 are memory files, sealed so that they cannot grow.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import subprocess
import termios
from collections.abc import Callable, Iterator

STREAM_DESCRIPTORS = {"stdout": 1, "stderr": 2}
SEALS = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
COMMAND_SHELL = shutil.which("bash", path=os.defpath) or "/bin/sh"  # not the grading user's own PATH
POLL_SECONDS = 0.01  # between two checks whether a command has ended: 100 checks take 2 ms of CPU time


class CapturedDescriptors:
    """Captures descriptors 1 and 2 of this process and its children."""

    def __init__(self, limit: int) -> None:
        """limit: bytes per stream between two reads; writing more fails with EPERM."""
        self.null = os.open(os.devnull, os.O_WRONLY)  # for `sys.stdout.fileno()`: a kernel's is not shown either
        self._files: dict[str, int] = {}
        for name, descriptor in STREAM_DESCRIPTORS.items():
            file = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(file, limit)
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, SEALS)
            os.dup2(file, descriptor)
            self._files[name] = file

    def close(self) -> None:
        """Forget what was written. Descriptors 1 and 2 stay as they are."""
        for descriptor in (self.null, *self._files.values()):
            os.close(descriptor)

    def read(self) -> Iterator[tuple[str, str]]:
        """Stream names, and the text written to them since the last read."""
        for name, file in self._files.items():
            with contextlib.suppress(OSError):  # the student's code may have closed it
                if end := os.lseek(file, 0, os.SEEK_CUR):
                    data = os.pread(file, end, 0)
                    os.lseek(file, 0, os.SEEK_SET)
                    yield name, data.decode("utf-8", "replace")


class Terminal:
    """Runs commands on a pseudo-terminal, as a kernel does, or on a pipe if there are no pseudo-terminals."""

    def __init__(self) -> None:
        self._is_pipe = False
        try:
            self._read_end, self._write_end = os.openpty()
            termios.tcsetwinsize(self._write_end, (24, 80))
        except OSError:
            self._is_pipe = True
            self._read_end, self._write_end = os.pipe()

    def close(self) -> None:
        """Close both ends."""
        os.close(self._read_end)
        os.close(self._write_end)

    def run(self, command: str, show: Callable[[str], object]) -> int:
        """Run `command` in a shell and pass its output to `show`. → exit status, negative for a signal.

        KeyboardInterrupt kills the command and is raised again. Standard input is empty.
        """
        process = subprocess.Popen(
            [COMMAND_SHELL, "-c", command],
            stdin=subprocess.DEVNULL, stdout=self._write_end, stderr=self._write_end, start_new_session=True,
        )  # fmt: skip
        try:
            while process.poll() is None:
                if select.select([self._read_end], [], [], POLL_SECONDS)[0]:
                    show(self._decode(os.read(self._read_end, 65536)))
        except KeyboardInterrupt:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            show(self._decode(self._read_rest()))
        status = process.returncode
        return 128 - status if status > 128 else status

    def _read_rest(self) -> bytes:
        """Output that has not been read yet. A terminal keeps the order, so write a random end mark."""
        mark = os.urandom(8).hex().encode()
        os.write(self._write_end, mark)
        rest = b""
        while not rest.endswith(mark):
            rest += os.read(self._read_end, 65536)
        return rest.removesuffix(mark)

    def _decode(self, data: bytes) -> str:
        return (data.replace(b"\n", b"\r\n") if self._is_pipe else data).decode("utf-8", "replace")
