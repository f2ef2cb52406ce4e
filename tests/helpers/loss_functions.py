"""Paths, images and environment variables of the assignment under test."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from grader.assignments.loss_functions import ASSIGNMENT, GRADING_BUDGET
from grader.assignments.loss_functions.training.images import STAND_IN_NAME, stand_in
from grader.assignments.loss_functions.training.weighted_run import WeightedRun, weighted_run_of
from grader.checking.assignment import Material

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "source" / "loss_functions"
ENGLISH = PROJECT / "source" / "loss_functions_en"
BUILD = PROJECT / "build"
IMAGES = BUILD / STAND_IN_NAME
BUDGET = {**GRADING_BUDGET, "LOSS_FUNCTIONS_IMAGES": str(IMAGES), "MPLBACKEND": "agg"}
CHECKS = ASSIGNMENT.folder / "checks"


def checks_for(cell: str) -> Path:
    """The module of checks for a checks cell. Raises AssertionError if there is none."""
    module = ASSIGNMENT.checks_for(cell)
    assert module, cell
    return module


def material_for(notebook: str) -> Material:
    """The material for the fixtures of a notebook's checks, with the stand-in images."""
    return Material((SOURCE / f"{notebook}.ipynb").read_bytes(), stand_in(IMAGES), BUILD)


@cache
def trusted_run() -> WeightedRun:
    """The trusted run for all tests of a process; its cache on disk is shared."""
    return weighted_run_of(material_for("imbalanced_cifar10"))
