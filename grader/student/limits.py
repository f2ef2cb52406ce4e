"""Time and resource limits of one notebook, in seconds of wall-clock time; docs/architecture.md gives the reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.sandbox.isolation.bounds import Bounds


@dataclass(frozen=True)
class Limits:
    """Limits of one notebook of one submission."""

    cell_seconds: float = 60.0  # one cell; task 3's training takes 0.2 s with the budget used for grading
    answer_seconds: float = 10.0  # one question; an honest answer takes 1 ms
    check_seconds: float = 30.0  # all questions of one check; 100 examples take 0.2 s
    notebook_seconds: float = 300.0  # all cells together, and then again all checks
    bounds: Bounds = field(default_factory=Bounds)  # of all processes of the notebook together
