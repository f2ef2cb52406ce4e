"""Find the processes of a run by their command lines: workers, fork servers, supervisors, and their zygotes."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

# Modules of the two kinds of zygote. Processes that are forked from them have the same command line.
WORKERS, STUDENTS = "grader.batch.worker", "grader.sandbox.processes.preload"


def workers(pid: int) -> list[int]:
    """Worker processes below `pid`."""
    return forked(pid, WORKERS)


def fork_servers(pid: int) -> list[int]:
    """Fork servers below `pid`, a run or a worker."""
    return forked(pid, STUDENTS)


def supervisors(pid: int) -> list[int]:
    """Supervisors below `pid`, a run or a worker, whose student's process stands behind its walls."""
    return [process for server in fork_servers(pid) for process in supervisors_of(server)]


def supervisors_of(server: int) -> list[int]:
    """Those of a fork server, and of its processes that have run a notebook's first cells.

    Also such a process itself, for the moment in which it has adopted the student's process of a killed supervisor.
    """
    trusted = [process for process in tree(server, STUDENTS) if not is_filtered(process)]
    return [process for process in trusted if any(is_filtered(child) for child, _ in children(process))]


def is_filtered(pid: int) -> bool:
    """Whether a process has a seccomp filter, as students' processes do."""
    with contextlib.suppress(OSError):  # the process has ended
        return "\nSeccomp:\t2\n" in Path(f"/proc/{pid}/status").read_text()
    return False


def zygotes(pid: int, module: str) -> list[int]:
    """Zygotes of that module below `pid`, without the processes that they have forked."""
    found = set(tree(pid, module))
    return sorted(found - {below for process in found for below in tree(process, module)})


def forked(pid: int, module: str) -> list[int]:
    """Direct children of the zygotes of that module. While a zygote imports, libraries fork other programs too."""
    return [child for zygote in zygotes(pid, module) for child, command in children(zygote) if module in command]


def tree(pid: int, word: str) -> list[int]:
    """Descendants whose command line contains `word`."""
    found = []
    for child, command in children(pid):
        if word in command:
            found.append(child)
        found += tree(child, word)
    return found


def children(pid: int) -> Iterator[tuple[int, str]]:
    """The children of a process, each with its command line."""
    listed: list[str] = []
    with contextlib.suppress(OSError):  # the process has ended
        for thread in os.listdir(f"/proc/{pid}/task"):
            listed += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    for child in map(int, listed):
        with contextlib.suppress(OSError):
            yield child, Path(f"/proc/{child}/cmdline").read_text()


def tree_kill(pid: int) -> None:
    """Kill a process and its descendants, the process first: a Dask nanny would restart a killed worker."""
    for victim in [pid, *tree(pid, "")]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
