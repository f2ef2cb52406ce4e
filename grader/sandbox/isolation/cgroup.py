"""Memory limit for all processes of a submission together, enforced by the kernel where a control group can be made."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
PREFIX = "student-"
LIMIT_FILES = {2: ("memory.max", "memory.swap.max"), 1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")}
EVENT_FILES = {2: "memory.events", 1: "memory.oom_control"}


@dataclass(frozen=True)
class CgroupParent:
    """A control group of the host in which new groups can be made. version: of the hierarchy, 1 or 2."""

    version: int
    folder: Path

    @property
    def name(self) -> str:
        """As shown to people."""
        return f"cgroup v{self.version}"


class Cgroup:
    """One control group, held by an open directory: its path is not visible any more after joining namespaces."""

    def __init__(self, parent: CgroupParent, memory_bytes: int) -> None:
        """Raises OSError if it cannot be made."""
        self._version = parent.version
        self._parent = os.open(parent.folder, os.O_PATH)
        self._name = f"{PREFIX}{os.getpid()}"
        os.mkdir(self._name, dir_fd=self._parent)
        self._folder = os.open(self._name, os.O_PATH, dir_fd=self._parent)
        try:
            memory, swap = LIMIT_FILES[self._version]
            self._write(memory, memory_bytes)
            with contextlib.suppress(OSError):  # a kernel without swap accounting
                self._write(swap, memory_bytes if self._version == 1 else 0)
            self._processes = self._open("cgroup.procs", os.O_WRONLY)  # now: after joining namespaces it may be denied
        except OSError:
            self._processes = -1
            self.close()
            raise

    def enter(self) -> None:
        """Move the calling process, and so its future children, into the group. Raises OSError."""
        os.write(self._processes, b"0")

    def out_of_memory(self) -> bool:
        """Whether the kernel has killed a process of the group because the memory limit was reached."""
        with contextlib.suppress(OSError), open(self._open(EVENT_FILES[self._version], os.O_RDONLY)) as file:
            return any(line.startswith("oom_kill ") and line.split()[1] != "0" for line in file)
        return False

    def close(self) -> None:
        """Remove the group once its processes are dead. Retry for 0.1 s: the kernel removes them with a delay."""
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


def find_parent() -> CgroupParent | None:
    """Find a group in which memory-limited groups can be made: first this process's own, then the root group."""
    for candidate in _candidates():
        for stale in candidate.folder.glob(f"{PREFIX}*"):  # left by a supervisor that was killed
            # A group whose process still exists may be in use: it is empty when just made, so rmdir would succeed.
            if not Path("/proc", stale.name.removeprefix(PREFIX)).exists():
                with contextlib.suppress(OSError):
                    stale.rmdir()
        try:
            Cgroup(candidate, 1 << 30).close()
        except OSError:
            continue
        return candidate
    return None


def _candidates() -> Iterator[CgroupParent]:
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
                    yield CgroupParent(version, folder)
