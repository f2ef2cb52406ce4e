"""Whose answers are judged: the judge's student, or, under plain pytest, the instructor's own notebooks."""

from __future__ import annotations

import functools
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

import pytest

from grader.assignments.loss_functions.training.images import stand_in
from grader.assignments.loss_functions.training.solution import GRADING_BUDGET, solved
from grader.assignments.loss_functions.training.weighted_run import STAND_IN, WeightedRun
from grader.checking.drawing import same_examples_everywhere
from grader.student.proxy import Channel, InProcessChannel, Student

PROJECT = Path(__file__).parents[4]
SOURCE = PROJECT / "source" / "loss_functions"
IMAGES = PROJECT / "build" / "stand-in.npy"
BUDGET = {**GRADING_BUDGET, "LOSS_FUNCTIONS_IMAGES": str(IMAGES), "MPLBACKEND": "agg"}


def pytest_configure(config: pytest.Config) -> None:
    """Register what every run of the checks needs."""
    config.addinivalue_line("markers", "points(number, needs): what a check is worth, and the check that it needs")
    if not config.pluginmanager.has_plugin("answers"):  # the judge brings its own
        config.pluginmanager.register(InstructorsAnswers(), "answers")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """Every check draws the same examples, whatever else is imported."""
    with same_examples_everywhere():
        return (yield)


class Answers(Protocol):
    """The plugin, found by its name, that knows whose answers are judged."""

    def channel(self, module: Path) -> Channel:
        """Where the checks of `module` ask."""

    def weighted_run(self) -> WeightedRun:
        """The trusted training run of task 3."""


def answers(request: pytest.FixtureRequest) -> Answers:
    """The judge, or the instructor's notebooks."""
    plugin: Answers | None = request.config.pluginmanager.get_plugin("answers")
    assert plugin
    return plugin


@pytest.fixture(scope="module")
def student(request: pytest.FixtureRequest) -> Student:
    """Whose notebook the module's checks ask."""
    return Student(answers(request).channel(request.path))


@pytest.fixture(scope="module")
def weighted_run(request: pytest.FixtureRequest) -> WeightedRun:
    """The trusted training run of task 3."""
    return answers(request).weighted_run()


class InstructorsAnswers:
    """The instructor's solved notebooks, run in this process."""

    def channel(self, module: Path) -> InProcessChannel:
        """Answers from the notebook that has the module's checks cell."""
        stand_in(IMAGES)
        cell = f"{module.stem}_checks"
        for notebook in sorted(SOURCE.glob("*.ipynb")):
            if any(c.get("id") == cell for c in json.loads(notebook.read_text())["cells"]):
                return InProcessChannel(names_of(notebook))
        raise LookupError(f"no notebook in {SOURCE} has the cell {cell}")

    @functools.cache  # noqa: B019 - one object for the whole session
    def weighted_run(self) -> WeightedRun:
        """The trusted training on the stand-in images."""
        images = str(stand_in(IMAGES))
        source = (SOURCE / "imbalanced_cifar10.ipynb").read_bytes()
        return WeightedRun(source, images, images, "stand-in", STAND_IN, IMAGES.parent / "trusted-runs")


@functools.cache
def names_of(notebook: Path) -> dict[str, Any]:
    """What a solved notebook defines."""
    return solved(notebook.read_bytes(), BUDGET)
