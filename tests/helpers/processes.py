"""Processes of a run, found by their command lines: workers, fork servers, and what either is forked from."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

WORKERS, STUDENTS = (
    "grader.batch.worker",
    "grader.sandbox.processes.preload",
)  # zygotes; what they fork has the same command line


def workers(pid: int) -> list[int]:
    """Worker processes of a run."""
    return forked(pid, WORKERS)


def fork_servers(pid: int) -> list[int]:
    """Those of a run, or of a worker."""
    return forked(pid, STUDENTS)


def supervisors(pid: int) -> list[int]:
    """Those of a run, or of a worker, whose student's process is there."""
    return [child for server in fork_servers(pid) for child, _ in children(server) if tree(child, STUDENTS)]


def zygotes(pid: int, module: str) -> list[int]:
    """Processes of that module below a process; what they fork has the same command line."""
    found = set(tree(pid, module))
    return sorted(found - {below for process in found for below in tree(process, module)})


def forked(pid: int, module: str) -> list[int]:
    """What the zygotes of that module below a process fork themselves; libraries fork, too, while it imports."""
    return [child for zygote in zygotes(pid, module) for child, command in children(zygote) if module in command]


def tree(pid: int, word: str) -> list[int]:
    """Descendants with a word in their command line."""
    found = []
    for child, command in children(pid):
        if word in command:
            found.append(child)
        found += tree(child, word)
    return found


def children(pid: int) -> Iterator[tuple[int, str]]:
    """Those of a process that are still there, each with its command line."""
    listed: list[str] = []
    with contextlib.suppress(OSError):  # it has ended
        for thread in os.listdir(f"/proc/{pid}/task"):
            listed += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    for child in map(int, listed):
        with contextlib.suppress(OSError):
            yield child, Path(f"/proc/{child}/cmdline").read_text()


def tree_kill(pid: int) -> None:
    """The nanny first, which would start another one."""
    for victim in [pid, *tree(pid, "")]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
