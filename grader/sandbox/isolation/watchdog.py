"""Measure what the processes of a submission use together, from /proc, and report the bound that they exceed.

A student's process can hide its figures (`PR_SET_DUMPABLE`, a directory that only its owner may enter). Usage that
cannot be read is charged at its maximum.
"""

from __future__ import annotations

import bisect
import errno
import math
import os
import stat
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.isolation.rlimits import MAX_OPEN_FILES

INTERVAL_SECONDS = 0.05  # between two checks; one takes 0.1 ms of CPU time for a single process
TICKS_PER_SECOND, PAGE_BYTES = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
SOCKET_BUFFER_BYTES = 208 << 10  # per socket of a pair, counted in no process's memory (net.core.wmem_default)
MEMORY_RECHECKS = 3  # before memory counts as exceeded: figures read while a program starts mix two points in time
CPU_STEP_SECONDS = 0.05  # of CPU time between two notes of when it was used
ADDRESS_SPACE_MARGIN = 4 << 30  # bytes beyond `memory_bytes`: each thread reserves 64 MB that it never uses


@dataclass(frozen=True)
class ProcessUsage:
    """One process, from /proc/PID/stat.

    start_ticks: start time; together with the pid it identifies the process for good. uninterruptible: state D.
    own_seconds, total_seconds: CPU time without and with that of its reaped children. size, resident: bytes of address
    space and of memory. live_task: a thread that still runs. Once the first thread has ended, the files in /proc/PID no
    longer show what the other threads share, but those of `live_task` do.
    """

    pid: int
    live_task: int
    start_ticks: int
    parent: int
    uninterruptible: bool
    threads: int
    own_seconds: float
    total_seconds: float
    size: int
    resident: int


class Watchdog:
    """Sums up the descendants of this process, except ignored ones. Make it before the student's process starts."""

    def __init__(self, bounds: Bounds, home: str, *, home_has_size_limit: bool, check_memory: bool) -> None:
        """home: the student's directory. home_has_size_limit: it is a tmpfs with a size, so bytes need no check.
        check_memory: no control group limits memory."""
        self._bounds, self._home = bounds, home
        self._home_has_size_limit, self._check_memory = home_has_size_limit, check_memory
        self._proc = os.open("/proc", os.O_PATH)  # the host's, still after joining a mount namespace
        self._self = os.getpid()
        self._ignored: Collection[int] = ()
        self._cpu_seconds: dict[tuple[int, int], float] = {}  # (pid, start_ticks) of every process ever seen
        self._cpu_notes: list[tuple[float, float]] = []  # (time.monotonic(), CPU seconds up to then), both increasing
        own = self._usage(self._self)
        self._inherited_memory, self._inherited_size = (own.resident, own.size) if own else (0, 0)
        self._free_bytes = 0 if home_has_size_limit else _free_bytes(home)

    def ignore_descendants(self) -> None:
        """Ignore the present descendants from now on: they are the grader's own (bubblewrap)."""
        self._ignored = set(self.descendants())

    def double_bounds(self) -> None:
        """Allow as much again as before."""
        names = ("memory_bytes", "processes", "cpu_seconds", "disk_bytes", "disk_files")
        self._bounds = replace(self._bounds, **{name: 2 * getattr(self._bounds, name) for name in names})

    def exceeded(self) -> str:
        """The exceeded bound: "processes", "cpu", "memory", "disk", "files", or ""."""
        now, processes = time.monotonic(), self._usages()
        if self._too_many(processes):
            return "processes"
        if self._note_cpu_seconds(now, processes) > self._bounds.cpu_seconds:
            return "cpu"
        size = sum(max(0, process.size - self._inherited_size) for process in processes)
        if size > self._bounds.memory_bytes + ADDRESS_SPACE_MARGIN:
            return "memory"
        if (
            self._check_memory
            and self._too_much_memory(processes)
            and all(self._too_much_memory(self._usages()) for _ in range(MEMORY_RECHECKS))
        ):
            return "processes" if self._too_many(self._usages()) else "memory"
        return self._disk_exceeded(processes)

    def _too_many(self, processes: list[ProcessUsage]) -> bool:
        """Whether there are too many threads. Zombies have no size and are not counted."""
        return sum(process.threads for process in processes if process.size) > self._bounds.processes

    def _usages(self) -> list[ProcessUsage]:
        return [usage for pid in self.processes() if (usage := self._usage(pid))]

    def processes(self) -> list[int]:
        """Process ids of the descendants that are not ignored."""
        return [pid for pid in self.descendants() if pid not in self._ignored]

    def descendants(self) -> list[int]:
        """Process ids of children, their children, and so on."""
        found: list[int] = []
        waiting = [self._self]
        while waiting:
            pid = waiting.pop()
            for thread in self._names(f"{pid}/task"):
                children = [int(child) for child in self._read(f"{pid}/task/{thread}/children").split()]
                found += children
                waiting += children
        return found

    def _usage(self, pid: int) -> ProcessUsage | None:
        fields = self._stat_fields(pid)
        if len(fields) < 22:
            return None
        threads, live_task, live_fields = int(fields[17]), pid, fields
        if fields[0] == "Z" and threads > 1:
            for name in self._names(f"{pid}/task"):
                live_fields = self._stat_fields(int(name))
                if len(live_fields) >= 22 and live_fields[0] not in "ZX":
                    live_task = int(name)
                    break
            else:
                live_fields = fields
        return ProcessUsage(
            pid=pid,
            live_task=live_task,
            start_ticks=int(fields[19]),
            parent=int(fields[1]),
            uninterruptible=fields[0] == "D",
            threads=threads,
            own_seconds=_seconds(fields[11:13]),
            total_seconds=_seconds(fields[11:15]),
            size=int(live_fields[20]),
            resident=int(live_fields[21]) * PAGE_BYTES,
        )

    def _stat_fields(self, task: int) -> list[str]:
        """Fields of /proc/TASK/stat after the name, which may contain spaces and brackets."""
        return self._read(f"{task}/stat").rpartition(")")[2].split()

    def cpu_seconds(self, begin: float) -> float:
        """CPU seconds used since `begin`, a `time.monotonic()` value; infinite if a process hides its figures.

        Up to CPU_STEP_SECONDS, and what was used until the first note after `begin`, are missing.
        """
        now, pids = time.monotonic(), set(self.descendants())
        processes = self._usages()
        unread = (pids & set(self.descendants())).difference(self._ignored, [process.pid for process in processes])
        if unread:
            return math.inf
        total = self._note_cpu_seconds(now, processes)
        place = bisect.bisect_left(self._cpu_notes, (begin, 0.0))
        return max(0.0, total - self._cpu_notes[place][1]) if place < len(self._cpu_notes) else 0.0

    def _note_cpu_seconds(self, now: float, processes: list[ProcessUsage]) -> float:
        """→ `_total_cpu_seconds`. Notes when it was reached, so that the time since any moment is known later.

        now: a `time.monotonic()` value from before `processes` was read.
        """
        total = self._total_cpu_seconds(processes)
        if not self._cpu_notes or total >= self._cpu_notes[-1][1] + CPU_STEP_SECONDS:
            self._cpu_notes.append((now, total))
        return total

    def _total_cpu_seconds(self, processes: list[ProcessUsage]) -> float:
        """CPU time including ended processes: the kernel adds it to a parent only if the parent waits for its child."""
        self._cpu_seconds |= {(process.pid, process.start_ticks): process.own_seconds for process in processes}
        return max(sum(process.total_seconds for process in processes), sum(self._cpu_seconds.values()))

    def _too_much_memory(self, processes: list[ProcessUsage]) -> bool:
        live = [process for process in processes if process.size]
        descriptors = sum(len(self._names(f"{process.live_task}/fd")) or MAX_OPEN_FILES for process in live)
        limit = self._bounds.memory_bytes - SOCKET_BUFFER_BYTES * descriptors  # each might be a socket
        # Subtract what was inherited once, not per process: a process that runs another program has none of it.
        used = sum(process.resident for process in processes) - self._inherited_memory
        return used > limit and self._memory_bytes(processes) > limit

    def _memory_bytes(self, processes: list[ProcessUsage]) -> int:
        """Bytes, with shared pages counted once. Takes 2 ms per process, so call it only if the plain sum is too large.

        A process made by vfork uses its parent's memory while the parent waits: both show the same figure, which counts
        once. Inherited pages are shared with this process, so its own share of them is subtracted.
        """
        anonymous: dict[int, int | None] = {}
        for process in processes:
            # Reading dozens of processes takes a second, in which a fork bomb could go on.
            if len(anonymous) % 8 == 7 and self._too_many(self._usages()):
                return self._bounds.memory_bytes + ADDRESS_SPACE_MARGIN
            anonymous[process.pid] = self._anonymous_bytes(process.live_task)
        vfork_parents = {process.pid: anonymous[process.pid] for process in processes if process.uninterruptible}
        total = -(self._anonymous_bytes(self._self) or 0)
        for process in processes:
            used = anonymous[process.pid]
            if used is not None and vfork_parents.get(process.parent) == used:
                del vfork_parents[process.parent]  # it can wait for one child only
            elif used is not None:
                total += used
            elif (now := self._usage(process.pid)) and now.start_ticks == process.start_ticks:  # it hides its figures
                total += now.resident
        return total

    def _anonymous_bytes(self, task: int) -> int | None:
        """Bytes not backed by a file, shared pages by their share. None if the process has ended or hides them."""
        lines = self._read(f"{task}/smaps_rollup").splitlines()
        shares = [int(line.split()[1]) << 10 for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))]
        return sum(shares) if shares else None

    def _disk_exceeded(self, processes: list[ProcessUsage]) -> str:
        if self._home_has_size_limit:  # the size limits bytes, but not the number of files
            status = os.statvfs(self._home)
            return "files" if status.f_files - status.f_ffree > self._bounds.disk_files else ""
        size = count = 0
        for entry in _entries(self._home):
            size, count = size + entry.st_blocks * 512, count + 1
            if count > self._bounds.disk_files:
                return "files"
        # Look for deleted files only if the disk has filled up by this much, which others may also have done.
        if self._free_bytes - _free_bytes(self._home) > self._bounds.disk_bytes:
            size += sum(map(self._deleted_bytes, processes))
        return "disk" if size > self._bounds.disk_bytes else ""

    def _deleted_bytes(self, process: ProcessUsage) -> int:
        """Bytes of deleted files that a process keeps open.

        A file that is mapped but not open shows no size, and a process that hides shows no files: both are charged at
        the maximum.
        """
        maps, names = self._read(f"{process.live_task}/maps"), self._names(f"{process.live_task}/fd")
        mapped = any(f" {self._home}/" in line and line.endswith(" (deleted)") for line in maps.splitlines())
        if mapped or (process.size and not (maps and names)):
            return self._bounds.disk_bytes + 1
        total = 0
        for name in names:
            try:
                status = os.stat(f"{process.live_task}/fd/{name}", dir_fd=self._proc)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and not status.st_nlink:
                total += status.st_blocks * 512
        return total

    def _names(self, path: str) -> list[str]:
        """Names in a directory below /proc; empty if it cannot be read."""
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
        """A file below /proc; "" if the process has ended or hides it."""
        try:
            with open(os.open(path, os.O_RDONLY, dir_fd=self._proc), errors="replace") as file:
                return file.read()
        except OSError:
            return ""


def _seconds(ticks: list[str]) -> float:
    return sum(map(int, ticks)) / TICKS_PER_SECOND


def _free_bytes(folder: str) -> int:
    """Free bytes of the file system."""
    status = os.statvfs(folder)
    return status.f_bfree * status.f_frsize


def _entries(folder: str) -> Iterator[os.stat_result]:
    """Every entry below `folder`. Endless if a directory cannot be read (permissions, too long a path).

    Its content might be anything, so the caller's limit on files is reached.
    """
    waiting = [folder]
    while waiting:
        try:
            for entry in os.scandir(waiting.pop()):
                yield (status := entry.stat(follow_symlinks=False))
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(entry.path)
        except OSError as error:  # other errors: the directory changed meanwhile
            while error.errno in (errno.ENAMETOOLONG, errno.EACCES):
                yield os.stat(folder)
