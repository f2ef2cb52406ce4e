"""Memory of all processes of a submission together, bounded by the kernel where a control group can be made."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
PREFIX = "student-"
LIMIT = {2: ("memory.max", "memory.swap.max"), 1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")}
EVENTS = {2: "memory.events", 1: "memory.oom_control"}


@dataclass(frozen=True)
class Parent:
    """A group of the host below which groups can be made. version: of the hierarchy, 1 or 2."""

    version: int
    folder: Path

    @property
    def name(self) -> str:
        """For people."""
        return f"cgroup v{self.version}"


class Group:
    """One group, known by an open directory: its path is out of sight once namespaces have been joined."""

    def __init__(self, parent: Parent, memory_bytes: int) -> None:
        """Raises OSError where it cannot be made."""
        self._version = parent.version
        self._parent = os.open(parent.folder, os.O_PATH)
        self._name = f"{PREFIX}{os.getpid()}"
        os.mkdir(self._name, dir_fd=self._parent)
        self._folder = os.open(self._name, os.O_PATH, dir_fd=self._parent)
        try:
            memory, swap = LIMIT[self._version]
            self._write(memory, memory_bytes)
            with contextlib.suppress(OSError):  # a kernel without swap accounting
                self._write(swap, memory_bytes if self._version == 1 else 0)
            self._processes = self._open("cgroup.procs", os.O_WRONLY)  # by now: joining namespaces may forbid it
        except OSError:
            self._processes = -1
            self.close()
            raise

    def enter(self) -> None:
        """The calling process and its future children. Raises OSError."""
        os.write(self._processes, b"0")

    def killed(self) -> bool:
        """Whether the kernel has ended a process of it for want of memory."""
        with contextlib.suppress(OSError), open(self._open(EVENTS[self._version], os.O_RDONLY)) as file:
            return any(line.startswith("oom_kill ") and line.split()[1] != "0" for line in file)
        return False

    def close(self) -> None:
        """Remove it; its processes have ended, and the kernel may need a moment to see that."""
        for _ in range(50):
            try:
                os.rmdir(self._name, dir_fd=self._parent)
                break
            except OSError:
                time.sleep(0.002)
        for descriptor in (self._folder, self._parent, self._processes):
            if descriptor >= 0:
                os.close(descriptor)

    def _write(self, name: str, value: int) -> None:
        descriptor = self._open(name, os.O_WRONLY)
        try:
            os.write(descriptor, str(value).encode())
        finally:
            os.close(descriptor)

    def _open(self, name: str, flags: int) -> int:
        return os.open(name, flags | os.O_CLOEXEC, dir_fd=self._folder)


def parent() -> Parent | None:
    """Where groups with a memory bound can be made here: below our own group, else at the top; None where nowhere."""
    for candidate in _candidates():
        for stale in candidate.folder.glob(f"{PREFIX}*"):  # of a supervisor that was killed
            if not Path("/proc", stale.name.removeprefix(PREFIX)).exists():  # or it has just been made, and is empty
                with contextlib.suppress(OSError):
                    stale.rmdir()
        try:
            Group(candidate, 1 << 30).close()
        except OSError:
            continue
        return candidate
    return None


def _candidates() -> Iterator[Parent]:
    with contextlib.suppress(OSError), open("/proc/self/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controllers == "":
                version, mount = 2, MOUNT
            elif "memory" in controllers.split(","):
                version, mount = 1, MOUNT / "memory"
            else:
                continue
            for folder in (mount / path.lstrip("/"), mount):
                if (folder / "cgroup.procs").exists():
                    yield Parent(version, folder)
