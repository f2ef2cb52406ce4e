"""Processes of a run, found by their command lines: workers, fork servers, and what either is forked from."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

WORKERS, STUDENTS = "grader.worker", "grader.sandbox.preload"  # zygotes; what they fork has the same command line


def workers(pid: int) -> list[int]:
    """Worker processes of a run."""
    return forked(pid, WORKERS)


def fork_servers(pid: int) -> list[int]:
    """Those of a run, or of a worker."""
    return forked(pid, STUDENTS)


def zygotes(pid: int, module: str) -> list[int]:
    """Processes of that module below a process; what they fork has the same command line."""
    found = set(tree(pid, module))
    return sorted(found - {below for process in found for below in tree(process, module)})


def forked(pid: int, module: str) -> list[int]:
    """What the zygotes of that module below a process have forked, themselves."""
    found = []
    for zygote in zygotes(pid, module):
        with contextlib.suppress(OSError):
            found += map(int, Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split())
    return found


def tree(pid: int, word: str) -> list[int]:
    """Descendants with a word in their command line."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                if word in Path(f"/proc/{child}/cmdline").read_text():
                    found.append(child)
                found += tree(child, word)
    return found


def tree_kill(pid: int) -> None:
    """The nanny first, which would start another one."""
    for victim in [pid, *tree(pid, "")]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
