"""What became of the checks: in words for the report, in points for the gradebook."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Outcome(enum.StrEnum):
    """What became of one check."""

    PASSED = "passed"
    WRONG = "wrong"
    RAISED = "raised"
    NOT_IMPLEMENTED = "not_implemented"  # the stub's own NotImplementedError
    TOO_SLOW = "too_slow"
    CRASHED = "crashed"  # the student's process ended before or during the check
    GRADER_ERROR = "grader_error"  # the grader's fault, or no verdict: never a 0 and never full marks, a person looks


@dataclass(frozen=True)
class Verdict:
    """One check of one checks cell. title: a sentence for the student; evidence: smallest failing input first;
    properties: what the check recorded for the report (pytest's `record_property`)."""

    check: str
    title: str
    points: float
    outcome: Outcome
    evidence: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)


def score(verdicts: list[Verdict], maximum: float) -> float | None:
    """Points of a checks cell that is worth `maximum`; None where a person has to look."""
    total = sum(v.points for v in verdicts)
    if not total > 0 or any(v.outcome is Outcome.GRADER_ERROR for v in verdicts):
        return None
    earned = sum(v.points for v in verdicts if v.outcome is Outcome.PASSED)
    return round(maximum * earned / total, 4)
