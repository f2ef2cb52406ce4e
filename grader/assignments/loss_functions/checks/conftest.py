"""Fixtures of this assignment's checks, beside `student` and `material` (`grader.checking.plugin`)."""

from __future__ import annotations

import pytest

from grader.assignments.loss_functions.training.weighted_run import WeightedRun, weighted_run_of
from grader.checking.assignment import Material


@pytest.fixture(scope="module")
def weighted_run(material: Material) -> WeightedRun:
    """The trusted training run of task 3, one for all submissions of a process."""
    return material.once(weighted_run_of)
