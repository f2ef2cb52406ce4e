"""A small class that has been graded: notebooks with records of checks, grades, and the course folder around them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row

ASSIGNMENT, NOTEBOOK, CELL = "homework", "numbers", "double_checks"
OBSERVATION = "numbers_observation"


def check(outcome: str, name: str = "values", *evidence: str) -> dict[str, Any]:
    """A record of one check."""
    about = {"check": name, "title": f"title of {name}", "points": 1.0, "numbers": None, "figure": None}
    return {**about, "outcome": outcome, "evidence": list(evidence)}


def record(*checks: dict[str, Any], name: str = "", cause: str = "") -> dict[str, Any]:
    """A record of a checks cell. name: of a diagnosis."""
    diagnosis = {"name": name, "text": f"You did: {name}.", "read": "lesson"} if name else None
    maximum = float(len(checks))
    about = {"score": None, "maximum": maximum, "unreadable": "", "cause": cause, "diagnosis": diagnosis}
    return {**about, "checks": list(checks)}


def notebook(code: str, recorded: Mapping[str, Any] | None) -> dict[str, Any]:
    """A graded notebook with one task."""
    outputs = [{"output_type": "display_data", "data": {}, "metadata": {"grader_checks": recorded}}] if recorded else []
    cells = [
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": ["# Numbers\n", "\n", "## 2. Twice as much\n", "Write it."],
        },
        _cell("code", code, "double", grade=False, solution=True),
        {**_cell("code", "ungraded = True", CELL, grade=True, solution=False), "outputs": outputs},
        _cell("markdown", "I saw.", OBSERVATION, grade=True, solution=True),
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, source: str, grade_id: str, **flags: bool) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {"nbgrader": {"grade_id": grade_id, **flags}}, "source": source}


def row(student: str, score: float | None = 0.0, *, waits: bool = False, **others: Any) -> Row:
    """Grades of one student, 4 points at most; `waits` for the observation's."""
    scores = {CELL: score, OBSERVATION: None if waits else 1.0}
    total = sum(points or 0.0 for points in scores.values())
    values = {"penalty": 0.0, "total": total, "maximum": 4.0, "submitted": True}
    missing = sum(points is None for points in scores.values())
    return Row(
        **{"assignment": ASSIGNMENT, "student": student, "scores": scores, "ungraded": missing, **values, **others}
    )


class GradedClass:
    """A course folder to which graded notebooks are added."""

    def __init__(self, root: Path) -> None:
        self.course = Course(root, ASSIGNMENT)
        self.table: list[Row] = []
        self._write(self.course.folder("release"), notebook("raise NotImplementedError", None))

    def add(self, student: str, code: str, recorded: Mapping[str, Any] | None, grades: Row | None = None) -> Path:
        """Add a student; → the graded notebook."""
        self.table.append(grades or row(student))
        self.course.folder("submitted", student).mkdir(parents=True)
        return self._write(self.course.folder("autograded", student), notebook(code, recorded))

    def add_each(self, students: Sequence[str], code: str, recorded: Mapping[str, Any]) -> None:
        """Add students with the same answer."""
        for student in students:
            self.add(student, code, recorded)

    @staticmethod
    def _write(folder: Path, content: dict[str, Any]) -> Path:
        folder.mkdir(parents=True)
        path = folder / f"{NOTEBOOK}.ipynb"
        path.write_text(json.dumps(content))
        return path
