"""What one submission's processes may use, all together; and what stands around them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

INNER = ("privileges", "rlimits", "landlock", "seccomp")  # essential: without one of them nothing of a student's runs
OUTER = "namespaces"  # where the host allows it
NO_BOUND = "none"  # what a supervisor says of a process that passed none of its bounds
ALL = frozenset({*INNER, OUTER})


@dataclass(frozen=True)
class Bounds:
    """For one notebook: memory, files and processes are those of everything that it starts, together."""

    memory_bytes: int = 2 << 30  # beyond what the libraries take; task 3 at grading's budget takes 60 MB
    processes: int = 64  # threads included
    cpu_seconds: float = 300.0
    disk_bytes: int = 256 << 20
    disk_files: int = 2000
    output_bytes: int = 8 << 20  # shown by one cell; a figure has 30 kB


@dataclass(frozen=True)
class Walls:
    """What this host gives, or what stands around a student's process.

    standing: names out of `ALL`. missing: for each name that is not, why, and what to do. landlock: its ABI.
    memory: what bounds it, "cgroup v2", "cgroup v1" or "watchdog".
    """

    standing: Collection[str] = ()
    missing: dict[str, str] = field(default_factory=dict)
    landlock: int = 0
    memory: str = "watchdog"

    @property
    def essential_missing(self) -> list[str]:
        """Why grading must not go on, a sentence a wall; empty where the inner wall can stand."""
        return [self.missing[name] for name in INNER if name in self.missing]

    def __str__(self) -> str:
        if not self.standing:
            return "NO WALLS: students' code can do whatever the user who grades can do"
        landlock = f"Landlock ABI {self.landlock}" if "landlock" in self.standing else ""
        inner = ", ".join(filter(None, [landlock, *(n for n in INNER if n in self.standing and n != "landlock")]))
        outer = "namespaces (bubblewrap)" if OUTER in self.standing else "no namespaces"
        return f"inner wall: {inner}; outer wall: {outer}; memory bounded by {self.memory}"
