"""What the processes of a submission use together, read from the kernel's own files twenty times a second."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from grader.sandbox.bounds import Bounds

INTERVAL = 0.05  # seconds between two looks; one costs 0.1 ms of CPU time for a single process
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
RESERVED = 4 << 30  # bytes of address space beyond `memory_bytes`: threads reserve 64 MB each and never use it


@dataclass(frozen=True)
class Process:
    """One line of /proc/PID/stat. seconds: CPU time, that of its ended children included. size, resident: bytes."""

    threads: int
    seconds: float
    size: int
    resident: int


class Watchdog:
    """Looks at all descendants of this process but those that it names; made before the student's process."""

    def __init__(self, bounds: Bounds, box: str, *, sized: bool, memory: bool) -> None:
        """box: the student's directory. sized: it is a file system in memory, with a size. memory: no control group
        bounds it."""
        self._bounds, self._box, self._sized, self._memory = bounds, box, sized, memory
        self._proc = os.open("/proc", os.O_PATH)  # the host's, also after another one has been joined
        self._self = os.getpid()
        self._ours: Collection[int] = ()
        own = self._process(self._self)
        self._inherited, self._reserved = (own.resident, own.size) if own else (0, 0)

    def spare_descendants(self) -> None:
        """The descendants of now are ours (bubblewrap)."""
        self._ours = set(self.descendants())

    def exceeded(self) -> str:
        """The bound that is passed: "processes", "cpu", "memory", "disk", "files", or ""."""
        pids = [pid for pid in self.descendants() if pid not in self._ours]
        processes = [process for pid in pids if (process := self._process(pid))]
        if sum(process.threads for process in processes) > self._bounds.processes:
            return "processes"
        if sum(process.seconds for process in processes) > self._bounds.cpu_seconds:
            return "cpu"
        if sum(max(0, p.size - self._reserved) for p in processes) > self._bounds.memory_bytes + RESERVED:
            return "memory"
        used = sum(max(0, p.resident - self._inherited) for p in processes)
        if self._memory and used > self._bounds.memory_bytes and self._exact(pids) > self._bounds.memory_bytes:
            return "memory"
        return self._disk(pids)

    def descendants(self) -> list[int]:
        """Children, their children, and so on."""
        found: list[int] = []
        waiting = [self._self]
        while waiting:
            pid = waiting.pop()
            for thread in self._names(f"{pid}/task"):
                children = [int(child) for child in self._read(f"{pid}/task/{thread}/children").split()]
                found += children
                waiting += children
        return found

    def _process(self, pid: int) -> Process | None:
        fields = self._read(f"{pid}/stat").rpartition(")")[2].split()
        if len(fields) < 22:
            return None
        seconds = sum(int(field) for field in fields[11:15]) / TICKS
        return Process(int(fields[17]), seconds, int(fields[20]), int(fields[21]) * PAGE)

    def _exact(self, pids: list[int]) -> int:
        """Bytes with shared pages counted once; dear (2 ms a process), so asked only where the sum is too large."""
        total = 0
        for pid in pids:
            for line in self._read(f"{pid}/smaps_rollup").splitlines():
                if line.startswith(("Pss_Anon:", "Pss_Shmem:")):
                    total += int(line.split()[1]) << 10
        return total

    def _disk(self, pids: list[int]) -> str:
        if self._sized:  # by bytes; by files nobody bounds it
            room = os.statvfs(self._box)
            return "files" if room.f_files - room.f_ffree > self._bounds.disk_files else ""
        size = count = 0
        for status in [*_files(self._box), *self._deleted(pids)]:
            size, count = size + status.st_blocks * 512, count + 1
            if count > self._bounds.disk_files:
                return "files"
        return "disk" if size > self._bounds.disk_bytes else ""

    def _deleted(self, pids: list[int]) -> Iterator[os.stat_result]:
        """Files that are open and have no name any more."""
        seen = set()
        for pid in pids:
            for name in self._names(f"{pid}/fd"):
                try:
                    status = os.stat(f"{pid}/fd/{name}", dir_fd=self._proc)
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode) and not status.st_nlink and status.st_ino not in seen:
                    seen.add(status.st_ino)
                    yield status

    def _names(self, path: str) -> list[str]:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._proc)
        except OSError:
            return []
        try:
            return os.listdir(descriptor)
        except OSError:
            return []
        finally:
            os.close(descriptor)

    def _read(self, path: str) -> str:
        try:
            with open(os.open(path, os.O_RDONLY, dir_fd=self._proc)) as file:
                return file.read()
        except OSError:  # it has ended
            return ""


def _files(folder: str) -> Iterator[os.stat_result]:
    """Of everything below; endless where a path is too long to be looked at, so that nothing hides there."""
    waiting = [folder]
    while waiting:
        try:
            for entry in os.scandir(waiting.pop()):
                yield (status := entry.stat(follow_symlinks=False))
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(entry.path)
        except OSError as error:  # it changes while we look
            while error.errno == errno.ENAMETOOLONG:
                yield os.stat(folder)
