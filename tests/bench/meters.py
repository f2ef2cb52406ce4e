"""Measure commands: wall-clock time, CPU time of all their processes, memory. This module does not know grading."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

from grader.sandbox.isolation import cgroup

SAMPLING_INTERVAL = 0.05  # seconds, if no control group can be used
group_numbers = itertools.count()


class CommandFailed(Exception):
    """A command ended with an error; the message contains the end of its output."""


@dataclass(frozen=True)
class Command:
    """A command line, run in directory `where` with exactly these environment variables."""

    arguments: tuple[str, ...]
    where: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Cost:
    """wall: seconds until the last command ended. cpu: CPU-seconds of all commands and their descendants."""

    wall: float
    cpu: float


class Meter(Protocol):
    """Counts the CPU time of processes and of their descendants."""

    def within(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """Return a command line that runs the same command, counted from its start if possible."""

    def add(self, pid: int) -> None:
        """Count a running process, and the processes that it starts from now on."""

    def seconds(self) -> float:
        """CPU-seconds so far, including processes that have ended."""

    def close(self) -> None:
        """Stop counting; all counted processes must have ended."""


class ControlGroupMeter:
    """Counts with a control group: exact, in nanoseconds under version 1 (cpuacct)."""

    FILES = {1: (Path("/sys/fs/cgroup/cpuacct"), "cpuacct.usage"), 2: (Path("/sys/fs/cgroup"), "cpu.stat")}

    def __init__(self, version: int) -> None:
        """Raises OSError if the control group cannot be created."""
        top, self._file = self.FILES[version]
        self._folder = top / f"bench-{os.getpid()}-{next(group_numbers)}"
        if not (top / "cgroup.procs").exists():
            raise FileNotFoundError(top)
        for stale in top.glob("bench-*"):  # left by a benchmark that was killed
            if not psutil.pid_exists(int(stale.name.split("-")[1])):
                with contextlib.suppress(OSError):
                    stale.rmdir()
        self._folder.mkdir()

    def within(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """See `Meter.within`. Moving a running process takes tens of milliseconds, which would not be counted."""
        return "/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self._folder / "cgroup.procs"), *arguments

    def add(self, pid: int) -> None:
        """See `Meter.add`."""
        (self._folder / "cgroup.procs").write_text(str(pid))

    def seconds(self) -> float:
        """See `Meter.seconds`."""
        text = (self._folder / self._file).read_text()
        return int(text) / 1e9 if self._file == "cpuacct.usage" else int(text.split()[1]) / 1e6

    def close(self) -> None:
        """See `Meter.close`. The kernel may need a moment to remove ended processes from the group."""
        for _ in range(100):
            with contextlib.suppress(OSError):
                return self._folder.rmdir()
            time.sleep(0.02)


class SamplingMeter:
    """Sums /proc twenty times a second, in units of 10 ms; misses the CPU time of a process after the last sample."""

    def __init__(self) -> None:
        self._roots: list[psutil.Process] = []
        self._used: dict[psutil.Process, float] = {}
        self._ended = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, daemon=True).start()

    def within(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        """See `Meter.within`."""
        return arguments

    def add(self, pid: int) -> None:
        """See `Meter.add`."""
        self._roots.append(psutil.Process(pid))

    def seconds(self) -> float:
        """See `Meter.seconds`."""
        with self._lock:
            for process in itertools.chain.from_iterable(map(tree, self._roots)):
                with contextlib.suppress(psutil.Error):
                    times = process.cpu_times()
                    self._used[process] = times.user + times.system
            return sum(self._used.values())

    def close(self) -> None:
        """See `Meter.close`."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLING_INTERVAL):
            self.seconds()


def meter() -> Meter:
    """Return the most exact meter that this machine allows."""
    parent = cgroup.find_parent()
    # Under version 2 the sandbox moves students' processes to another group, which limits their memory.
    for version in (1,) if parent and parent.version == 2 else (1, 2):
        with contextlib.suppress(OSError):
            return ControlGroupMeter(version)
    return SamplingMeter()


def described(counter: Meter) -> str:
    """Say how CPU time is counted."""
    return (
        "counted by a control group"
        if isinstance(counter, ControlGroupMeter)
        else "summed from /proc twenty times a second"
    )


def tree(root: psutil.Process) -> list[psutil.Process]:
    """Return a process and its descendants; [] if it has ended."""
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def run(*commands: Command, watch: Callable[[psutil.Process], None] | None = None) -> Cost:
    """Run commands at the same time. watch: called every 0.1 s with the first one's process. Raises CommandFailed."""
    counter = meter()
    try:
        with contextlib.ExitStack() as stack:
            logs = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in commands]
            begin = time.perf_counter()
            started = [stack.enter_context(_started(c, counter, log)) for c, log in zip(commands, logs, strict=True)]
            while watch and started[0].poll() is None:
                watch(psutil.Process(started[0].pid))
                time.sleep(0.1)
            for process, command, log in zip(started, commands, logs, strict=True):
                if process.wait():
                    log.seek(0)
                    raise CommandFailed(f"{' '.join(command.arguments)}:\n{log.read()[-4000:]}")
            return Cost(time.perf_counter() - begin, counter.seconds())
    finally:
        counter.close()


@contextlib.contextmanager
def _started(command: Command, counter: Meter, log: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        counter.within(command.arguments),
        cwd=command.where,
        env=dict(command.environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        counter.add(process.pid)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def private_bytes(processes: Sequence[psutil.Process]) -> int:
    """Return the memory, in bytes, that these processes share with no other process (USS)."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += process.memory_full_info().uss
    return total
