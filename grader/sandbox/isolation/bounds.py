"""Names of the walls, and the limits on what the processes of one submission may use together."""

from __future__ import annotations

import platform
from collections.abc import Collection
from dataclasses import dataclass, field

INNER_WALL = ("privileges", "rlimits", "landlock", "seccomp")  # all required: without one, no student's code is run
OUTER_WALL = "namespaces"  # used where the host allows it
ALL_WALLS = frozenset({*INNER_WALL, OUTER_WALL})
NO_BOUND = "none"  # a supervisor's report that no bound was exceeded


def not_linux() -> str:
    """Why nothing can be graded on this system, in one line; "" on Linux."""
    if (system := platform.system()) == "Linux":
        return ""
    return f"the sandbox needs Linux, and this is {system} (docs/not-linux.md: what works here, and how to grade)"


@dataclass(frozen=True)
class Bounds:
    """Limits for one notebook. Memory, files and processes are summed over everything that it starts."""

    memory_bytes: int = 2 << 30  # beyond what the libraries take; task 3 at grading's budget takes 60 MB
    processes: int = 64  # threads included
    cpu_seconds: float = 300.0
    disk_bytes: int = 256 << 20
    disk_files: int = 2000
    output_bytes: int = 8 << 20  # shown by one cell; a figure has 30 kB


@dataclass(frozen=True)
class Walls:
    """The walls that this host supports, or those around a student's process.

    standing: names out of `ALL_WALLS`. missing: for each wall that cannot be built, the reason and what to do.
    landlock: its ABI version, 0 without Landlock. memory: what bounds it, "cgroup v2", "cgroup v1" or "watchdog".
    """

    standing: Collection[str] = ()
    missing: dict[str, str] = field(default_factory=dict)
    landlock: int = 0
    memory: str = "watchdog"

    @property
    def essential_missing(self) -> list[str]:
        """Reasons why grading must be refused, one sentence per wall; empty if the inner wall is complete."""
        return [self.missing[name] for name in INNER_WALL if name in self.missing]

    def __str__(self) -> str:
        if not self.standing:
            return "NO WALLS: students' code can do everything that the grading user can do"
        landlock = f"Landlock ABI {self.landlock}" if "landlock" in self.standing else ""
        others = [name for name in INNER_WALL if name in self.standing and name != "landlock"]
        inner = ", ".join(filter(None, [landlock, *others]))
        outer = "namespaces (bubblewrap)" if OUTER_WALL in self.standing else "no namespaces"
        return f"inner wall: {inner}; outer wall: {outer}; memory bounded by {self.memory}"
