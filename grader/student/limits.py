"""Time and resource limits of one notebook; docs/architecture.md gives the reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.sandbox.isolation.bounds import Bounds


@dataclass(frozen=True)
class Limits:
    """Limits of one notebook of one submission.

    The first three are CPU seconds of all its processes together. What exceeds one of them is too slow, however busy
    the machine is. A process that waits uses no CPU time, so each has a wall-clock limit behind it: `patience` times as
    many seconds. What exceeds only that is undecided (`errors.Undecided`).
    """

    cell_seconds: float = 60.0  # one cell; task 3's training takes 0.2 s with the budget used for grading
    answer_seconds: float = 10.0  # one question; an honest answer takes 1 ms
    check_seconds: float = 30.0  # all questions of one check; 100 examples take 0.2 s
    notebook_seconds: float = (
        600.0  # wall-clock time of all cells, and then again of all checks; for CPU time: `bounds`
    )
    bounds: Bounds = field(default_factory=Bounds)  # of all processes of the notebook together
    patience: float = 5.0  # a process on a fifth of a CPU still has its full CPU time
    alone: bool = False  # nothing else is graded meanwhile: a CPU that was idle counts as if it had been used
