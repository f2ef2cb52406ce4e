"""The pytest plugin of all checks: fixtures `student` and `material`, and the same examples in every process.

The judge registers itself under `SOURCE_OF_ANSWERS`; under plain pytest the instructor's own notebooks answer:
`pytest grader/assignments/loss_functions/checks/*.py`.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

import pytest

import grader
from grader.checking.assignment import Assignment, Material, find
from grader.checking.drawing import same_examples_everywhere
from grader.checking.solution import solved
from grader.student.proxy import Channel, InProcessChannel, Student

SOURCE_OF_ANSWERS = "grader-answers"  # the name of the plugin that answers `channel` and `material`
PROJECT = Path(grader.__file__).parents[1]


class SourceOfAnswers(Protocol):
    """The plugin that knows who answers the checks."""

    def channel(self, module: Path) -> Channel:
        """Where the checks of `module` ask."""

    def material(self, module: Path) -> Material:
        """What the fixtures of `module` may use."""


def pytest_configure(config: pytest.Config) -> None:
    """Register what every run of checks needs."""
    config.addinivalue_line("markers", "points(number, needs): what a check is worth, and the check that it needs")
    if not config.pluginmanager.has_plugin(SOURCE_OF_ANSWERS):
        config.pluginmanager.register(InstructorsNotebooks(), SOURCE_OF_ANSWERS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """Every check draws the same examples, independent of what else is imported."""
    with same_examples_everywhere():
        return (yield)


def source_of(request: pytest.FixtureRequest) -> SourceOfAnswers:
    """The judge, or the instructor's notebooks."""
    plugin: SourceOfAnswers | None = request.config.pluginmanager.get_plugin(SOURCE_OF_ANSWERS)
    assert plugin
    return plugin


@pytest.fixture(scope="module")
def student(request: pytest.FixtureRequest) -> Student:
    """The student whose notebook the module's checks ask."""
    return Student(source_of(request).channel(request.path))


@pytest.fixture(scope="module")
def material(request: pytest.FixtureRequest) -> Material:
    """What other fixtures may use besides the student's answers."""
    return source_of(request).material(request.path)


class InstructorsNotebooks:
    """The instructor's solved notebooks, run in this process."""

    def __init__(self) -> None:
        self._cache: dict[Any, Any] = {}

    def channel(self, module: Path) -> InProcessChannel:
        """Answers from the notebook that has the module's checks cell."""
        return InProcessChannel(names_of(*self._notebook(module)))

    def material(self, module: Path) -> Material:
        """On the assignment's own data file."""
        assignment, notebook = self._notebook(module)
        data, build = assignment.data("", PROJECT / "build"), PROJECT / "build"
        return Material(notebook.read_bytes(), data.path if data else None, build, cache=self._cache)

    def _notebook(self, module: Path) -> tuple[Assignment, Path]:
        assignment = find(module.parents[1].name)
        assert assignment, module
        cell = f"{module.stem}_checks"
        folder = PROJECT / "source" / assignment.id
        for notebook in sorted(folder.glob("*.ipynb")):
            cells = json.loads(notebook.read_text())["cells"]
            if any(c["metadata"].get("nbgrader", {}).get("grade_id") == cell for c in cells):
                return assignment, notebook
        raise LookupError(f"no notebook in {folder} has the cell {cell}")


@functools.cache
def names_of(assignment: Assignment, notebook: Path) -> dict[str, Any]:
    """The names that a solved notebook defines."""
    files = assignment.student_files(PROJECT / "build")
    variables = {**assignment.variables, **{name: os.fspath(path) for name, path in files.items()}}
    return solved(notebook.read_bytes(), {**variables, "MPLBACKEND": "agg"})
