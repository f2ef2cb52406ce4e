"""The outcome of each check, and the points of a checks cell."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.checking.figure import Figure


class Outcome(enum.StrEnum):
    """The outcome of one check."""

    PASSED = "passed"
    WRONG = "wrong"
    RAISED = "raised"
    NOT_IMPLEMENTED = "not_implemented"  # the NotImplementedError of the released stub
    TOO_SLOW = "too_slow"
    UNDECIDED = "undecided"  # stopped by a wall-clock limit, perhaps for want of a CPU: judged again, or a person looks
    CRASHED = "crashed"  # the student's process ended before or during the check
    GRADER_ERROR = "grader_error"  # or no verdict at all: never a 0 and never full marks, a person looks


NOT_DECIDED = "too slow, perhaps because the machine was busy: grade it again while the machine is idle, or by hand"
UNSCORED = {Outcome.GRADER_ERROR, Outcome.UNDECIDED}  # a checks cell with one of them has no score


@dataclass(frozen=True)
class Verdict:
    """One check of one checks cell.

    title: a sentence for the student. points: what the check is worth. evidence: lines for the student, the smallest
    failing input first. numbers: of the answer and the right answer in the evidence, as nested lists, for a picture.
    figure: recorded by the check for the report. example: on which the check failed, by argument, where the evidence
    shows what the student's process has sent; see `grader.grading.judge.confirm`.
    """

    check: str
    title: str
    points: float
    outcome: Outcome
    evidence: tuple[str, ...] = ()
    numbers: tuple[Any, Any] | None = field(default=None, compare=False)
    figure: Figure | None = None
    example: Mapping[str, object] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Diagnosis:
    """The mistake that a cell's answers prove. name: of the misconception. text: a sentence for the student.

    read: id of the cell of the lesson to read again.
    """

    name: str
    text: str
    read: str


@dataclass(frozen=True)
class Explanation:
    """What is said once about all failed checks of a checks cell.

    cause: why the code never ran, or "". diagnosis: which mistake the answers prove, if one alone explains them.
    """

    cause: str = ""
    diagnosis: Diagnosis | None = None


def score(verdicts: list[Verdict], maximum: float) -> float | None:
    """Points of a checks cell whose maximum is `maximum`; None where a person has to look."""
    total = sum(v.points for v in verdicts)
    if not total > 0 or any(v.outcome in UNSCORED for v in verdicts):
        return None
    earned = sum(v.points for v in verdicts if v.outcome is Outcome.PASSED)
    return round(maximum * earned / total, 4)
