"""Memory limit and CPU share for all processes of a submission together, where control groups can be made.

The kernel shares the CPUs between groups first, so a submission with many processes or sessions gets no more than one
with a single process. Without a group each session, or each process, gets a share of its own.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox.isolation.rlimits import NICE_WEIGHT

MOUNT = Path("/sys/fs/cgroup")
PREFIX = "student-"
LIMIT_FILES = {2: ("memory.max", "memory.swap.max"), 1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")}
EVENT_FILES = {2: "memory.events", 1: "memory.oom_control"}
# The weight is half of what a group or a session has by default (100, or 1024 shares): the trusted side comes first,
# and a submission still gets a fifth of a CPU (`Limits.patience`) if two other programs want each CPU. The quota lets
# one thread run at full speed, and half a CPU for what it starts; microseconds per period of 0.1 s.
CPU_QUOTA_US, CPU_PERIOD_US = 150_000, 100_000
CPU_FILES = {
    2: {"cpu.weight": f"{100 * NICE_WEIGHT:.0f}", "cpu.max": f"{CPU_QUOTA_US} {CPU_PERIOD_US}"},
    1: {
        "cpu.shares": f"{1024 * NICE_WEIGHT:.0f}",
        "cpu.cfs_period_us": f"{CPU_PERIOD_US}",
        "cpu.cfs_quota_us": f"{CPU_QUOTA_US}",
    },
}


@dataclass(frozen=True)
class CgroupParent:
    """A control group of the host in which new groups can be made.

    version: of the hierarchy, 1 or 2. folder: where memory is limited. cpu_folder: where CPUs are shared: the same in
    version 2, a hierarchy of its own in version 1.
    """

    version: int
    folder: Path
    cpu_folder: Path

    @property
    def name(self) -> str:
        """As shown to people."""
        return f"cgroup v{self.version}"


class _Group:
    """One directory of a control group, held open: its path is not visible any more after joining namespaces."""

    def __init__(self, parent: Path) -> None:
        """Raises OSError if it cannot be made."""
        self._parent = os.open(parent, os.O_PATH)
        self._name = f"{PREFIX}{os.getpid()}"
        self._folder = self._processes = -1
        try:
            os.mkdir(self._name, dir_fd=self._parent)
            self._folder = os.open(self._name, os.O_PATH, dir_fd=self._parent)
            self._processes = self.open("cgroup.procs", os.O_WRONLY)  # later, in namespaces, it may be denied
        except OSError:
            self.close()
            raise

    def open(self, name: str, flags: int) -> int:
        """A descriptor of a file of the group. Raises OSError."""
        return os.open(name, flags | os.O_CLOEXEC, dir_fd=self._folder)

    def write(self, name: str, value: object) -> None:
        """Raises OSError."""
        descriptor = self.open(name, os.O_WRONLY)
        try:
            os.write(descriptor, str(value).encode())
        finally:
            os.close(descriptor)

    def enter(self) -> None:
        """Move the calling process, and so its future children, into the group. Raises OSError."""
        os.write(self._processes, b"0")

    def close(self) -> None:
        """Remove the group once its processes are dead. Retry for 0.1 s: the kernel removes them with a delay."""
        for _ in range(50):
            try:
                os.rmdir(self._name, dir_fd=self._parent)
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.002)
        for descriptor in (self._folder, self._parent, self._processes):
            if descriptor >= 0:
                os.close(descriptor)


class Cgroup:
    """The control groups of one submission: one for memory, and in version 1 another one for the CPUs."""

    def __init__(self, parent: CgroupParent, memory_bytes: int) -> None:
        """Raises OSError if memory cannot be limited. A host may allow that without a share of the CPUs."""
        self._version = parent.version
        self._memory = _Group(parent.folder)
        self._groups = [self._memory]
        try:
            memory, swap = LIMIT_FILES[self._version]
            self._memory.write(memory, memory_bytes)
            with contextlib.suppress(OSError):  # a kernel without swap accounting
                self._memory.write(swap, memory_bytes if self._version == 1 else 0)
        except OSError:
            self.close()
            raise
        with contextlib.suppress(OSError):
            if parent.cpu_folder != parent.folder:
                self._groups.append(_Group(parent.cpu_folder))
            for name, value in CPU_FILES[self._version].items():
                self._groups[-1].write(name, value)

    def enter(self) -> None:
        """Move the calling process, and so its future children, into the groups. Raises OSError."""
        for group in self._groups:
            group.enter()

    def out_of_memory(self) -> bool:
        """Whether the kernel has killed a process of the group because the memory limit was reached."""
        with contextlib.suppress(OSError), open(self._memory.open(EVENT_FILES[self._version], os.O_RDONLY)) as file:
            return any(line.startswith("oom_kill ") and line.split()[1] != "0" for line in file)
        return False

    def close(self) -> None:
        """Remove the groups once their processes are dead."""
        for group in self._groups:
            group.close()


def find_parent() -> CgroupParent | None:
    """Find a group in which memory-limited groups can be made: first this process's own, then the root group."""
    for candidate in _candidates():
        for folder in {candidate.folder, candidate.cpu_folder}:
            _remove_stale(folder)
        try:
            Cgroup(candidate, 1 << 30).close()
        except OSError:
            continue
        return candidate
    return None


def _remove_stale(folder: Path) -> None:
    """Remove groups that were left by a supervisor that was killed."""
    for stale in folder.glob(f"{PREFIX}*"):
        # A group whose process still exists may be in use: it is empty when just made, so rmdir would succeed.
        if not Path("/proc", stale.name.removeprefix(PREFIX)).exists():
            with contextlib.suppress(OSError):
                stale.rmdir()


def _candidates() -> Iterator[CgroupParent]:
    with contextlib.suppress(OSError), open("/proc/self/cgroup") as file:
        hierarchies = [line.rstrip("\n").split(":", 2)[1:] for line in file]
        paths = {controller: path for controllers, path in hierarchies for controller in controllers.split(",")}
        for controller, path in paths.items():
            if controller not in ("", "memory"):
                continue
            mount, cpu_mount = (MOUNT / "memory", MOUNT / "cpu") if controller else (MOUNT, MOUNT)
            cpu_path = paths.get("cpu", "/") if controller else path
            for part, cpu_part in ((path, cpu_path), ("/", "/")):
                folder = mount / part.lstrip("/")
                if (folder / "cgroup.procs").exists():
                    yield CgroupParent(2 if controller == "" else 1, folder, cpu_mount / cpu_part.lstrip("/"))
