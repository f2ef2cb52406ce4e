"""The assignment under test: its notebooks, images, and the environment in which they run here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from grader.assignments.loss_functions import ASSIGNMENT, GRADING_BUDGET
from grader.assignments.loss_functions.training.images import STAND_IN_NAME, stand_in
from grader.assignments.loss_functions.training.weighted_run import WeightedRun, weighted_run_of
from grader.checking.assignment import Material

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "source" / "loss_functions"
BUILD = PROJECT / "build"
IMAGES = BUILD / STAND_IN_NAME
BUDGET = {**GRADING_BUDGET, "LOSS_FUNCTIONS_IMAGES": str(IMAGES), "MPLBACKEND": "agg"}
CHECKS = ASSIGNMENT.folder / "checks"


def checks_for(cell: str) -> Path:
    """The module that judges a checks cell."""
    module = ASSIGNMENT.checks_for(cell)
    assert module, cell
    return module


def material_for(notebook: str) -> Material:
    """What the fixtures of a notebook's checks may use: always the stand-in images."""
    return Material((SOURCE / f"{notebook}.ipynb").read_bytes(), stand_in(IMAGES), BUILD)


@cache
def trusted_run() -> WeightedRun:
    """One for all tests: its memo is shared, as in a class."""
    return weighted_run_of(material_for("imbalanced_cifar10"))
