"""What the processes of a submission use together, read from the kernel's own files twenty times a second.

A student's process may hide from us (`PR_SET_DUMPABLE`, a folder that only its maker may enter): what cannot be read
counts as much as it can be.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.isolation.rlimits import OPEN_FILES

INTERVAL = 0.05  # seconds between two looks; one costs 0.1 ms of CPU time for a single process
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
PAIR = 208 << 10  # bytes kept for a socket of a pair, in no process's memory (net.core.wmem_default)
AGAIN = 3  # more looks before memory counts as too much: while a program begins, what is read belongs to two moments
RESERVED = 4 << 30  # bytes of address space beyond `memory_bytes`: threads reserve 64 MB each and never use it


@dataclass(frozen=True)
class Process:
    """One line of /proc/PID/stat.

    own, seconds: CPU time, without and with that of its ended children. size, resident: bytes. born: with the number,
    names it for good. parent: its number. waits: nothing can interrupt it now. task: the number of a thread of it that
    runs; where the first one has ended, the files of `number` show nothing of what the others share.
    """

    number: int
    task: int
    born: int
    parent: int
    waits: bool
    threads: int
    own: float
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
        self._spent: dict[tuple[int, int], float] = {}  # CPU time of each process that was ever seen
        own = self._process(self._self)
        self._inherited, self._reserved = (own.resident, own.size) if own else (0, 0)
        self._room = 0 if sized else _room(box)

    def spare_descendants(self) -> None:
        """The descendants of now are ours (bubblewrap)."""
        self._ours = set(self.descendants())

    def exceeded(self) -> str:
        """The bound that is passed: "processes", "cpu", "memory", "disk", "files", or ""."""
        processes = self._students()
        if self._crowded(processes):
            return "processes"
        if self._seconds(processes) > self._bounds.cpu_seconds:
            return "cpu"
        if sum(max(0, p.size - self._reserved) for p in processes) > self._bounds.memory_bytes + RESERVED:
            return "memory"
        if self._memory and self._too_much(processes) and all(self._too_much(self._students()) for _ in range(AGAIN)):
            return "processes" if self._crowded(self._students()) else "memory"
        return self._disk(processes)

    def _crowded(self, processes: list[Process]) -> bool:
        """Too many; those that have ended and that nobody waits for have no size."""
        return sum(process.threads for process in processes if process.size) > self._bounds.processes

    def _students(self) -> list[Process]:
        pids = [pid for pid in self.descendants() if pid not in self._ours]
        return [process for pid in pids if (process := self._process(pid))]

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
        fields = self._stat(pid)
        if len(fields) < 22:
            return None
        threads, task, shown = int(fields[17]), pid, fields
        if fields[0] == "Z" and threads > 1:
            for name in self._names(f"{pid}/task"):
                shown = self._stat(int(name))
                if len(shown) >= 22 and shown[0] not in "ZX":
                    task = int(name)
                    break
            else:
                shown = fields
        return Process(
            number=pid,
            task=task,
            born=int(fields[19]),
            parent=int(fields[1]),
            waits=fields[0] == "D",
            threads=threads,
            own=_seconds(fields[11:13]),
            seconds=_seconds(fields[11:15]),
            size=int(shown[20]),
            resident=int(shown[21]) * PAGE,
        )

    def _stat(self, task: int) -> list[str]:
        return self._read(f"{task}/stat").rpartition(")")[2].split()

    def _seconds(self, processes: list[Process]) -> float:
        """Children's time reaches a parent that waits for them, and nobody where it does not."""
        self._spent |= {(p.number, p.born): p.own for p in processes}
        return max(sum(p.seconds for p in processes), sum(self._spent.values()))

    def _too_much(self, processes: list[Process]) -> bool:
        kept = PAIR * sum(len(self._names(f"{p.task}/fd")) or OPEN_FILES for p in processes if p.size)
        used = sum(p.resident for p in processes) - self._inherited  # once: who starts another program has none of it
        most = self._bounds.memory_bytes - kept
        return used > most and self._exact(processes) > most

    def _exact(self, processes: list[Process]) -> int:
        """Bytes with shared pages counted once; dear (2 ms a process), so asked only where the sum is too large.

        What has been vforked is its parent's memory, which waits meanwhile: the same figures, counted once. What was
        inherited is shared with this process, and as much of it is its own.
        """
        shown: dict[int, int | None] = {}
        for process in processes:
            if len(shown) % 8 == 7 and self._crowded(self._students()):  # dozens keep us for a second
                return self._bounds.memory_bytes + RESERVED
            shown[process.number] = self._anonymous(process.task)
        waiting = {p.number: shown[p.number] for p in processes if p.waits}
        total = -(self._anonymous(self._self) or 0)
        for process in processes:
            used = shown[process.number]
            if used is not None and waiting.get(process.parent) == used:
                del waiting[process.parent]  # it can wait for one child only
            elif used is not None:
                total += used
            elif (now := self._process(process.number)) and now.born == process.born:  # it hides
                total += now.resident
        return total

    def _anonymous(self, task: int) -> int | None:
        """Bytes that no file holds, each shared page by its share; None where it has ended, or hides."""
        lines = self._read(f"{task}/smaps_rollup").splitlines()
        shown = [int(line.split()[1]) << 10 for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))]
        return sum(shown) if shown else None

    def _disk(self, processes: list[Process]) -> str:
        if self._sized:  # by bytes; by files nobody bounds it
            room = os.statvfs(self._box)
            return "files" if room.f_files - room.f_ffree > self._bounds.disk_files else ""
        size = count = 0
        for status in _files(self._box):
            size, count = size + status.st_blocks * 512, count + 1
            if count > self._bounds.disk_files:
                return "files"
        if self._room - _room(self._box) > self._bounds.disk_bytes:  # or others have filled it
            size += sum(map(self._deleted, processes))
        return "disk" if size > self._bounds.disk_bytes else ""

    def _deleted(self, process: Process) -> int:
        """Bytes of files that it holds and that have no name any more.

        Of what is mapped and not open, nobody says how large it is; nor is anything known of who has hidden itself.
        """
        maps, names = self._read(f"{process.task}/maps"), self._names(f"{process.task}/fd")
        mapped = any(f" {self._box}/" in line and line.endswith(" (deleted)") for line in maps.splitlines())
        if mapped or (process.size and not (maps and names)):
            return self._bounds.disk_bytes + 1
        total = 0
        for name in names:
            try:
                status = os.stat(f"{process.task}/fd/{name}", dir_fd=self._proc)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and not status.st_nlink:
                total += status.st_blocks * 512
        return total

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
            with open(os.open(path, os.O_RDONLY, dir_fd=self._proc), errors="replace") as file:
                return file.read()
        except OSError:  # it has ended, or hides
            return ""


def _seconds(ticks: list[str]) -> float:
    return sum(map(int, ticks)) / TICKS


def _room(folder: str) -> int:
    """Free bytes of the file system."""
    status = os.statvfs(folder)
    return status.f_bfree * status.f_frsize


def _files(folder: str) -> Iterator[os.stat_result]:
    """Of everything below; endless where we may not or cannot look (a path may be too long), so nothing hides there."""
    waiting = [folder]
    while waiting:
        try:
            for entry in os.scandir(waiting.pop()):
                yield (status := entry.stat(follow_symlinks=False))
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(entry.path)
        except OSError as error:  # it changes while we look
            while error.errno in (errno.ENAMETOOLONG, errno.EACCES):
                yield os.stat(folder)
