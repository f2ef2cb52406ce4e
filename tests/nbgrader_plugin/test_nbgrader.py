"""nbgrader's commands, its API and `make grade` give the same grades; manual scores survive a regrade."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import shutil
from datetime import datetime
from io import StringIO
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from rich.console import Console

from grader.cli.grade_class import grade_class
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row
from tests.helpers.course_fixture import ASSIGNMENT, PIXEL, RIGHT, autograde, command, hand_in, make_course

OBSERVATIONS = {
    "iris_observation": "損失は下がりました。",
    "cifar10_observation": "<b>少ないクラス</b>も当たりました。",
}
FIGURE = [
    nbformat.v4.new_output("display_data", {"image/png": PIXEL, "text/html": "<script>alert(1)</script>"}),
    nbformat.v4.new_output("stream", text="CrossEntropyLoss: 損失 1.0974 → 0.4744"),
]
MISTAKES = {"softmax": "no_max_subtraction", "cross_entropy": "sum_instead_of_mean", "iris_hookup": "double_softmax"}
EXPECTED = {
    "right": {
        **dict.fromkeys(("iris_observation", "cifar10_observation")),
        "softmax_checks": 3.0,
        "weighted_run_checks": 4.0,
    },
    "mistaken": {
        "softmax_checks": 2.25,
        "cross_entropy_checks": 0.0,
        "iris_hookup_checks": 0.0,
        "iris_observation": 0.0,
    },
    "missing": {"softmax_checks": 3.0, "iris_hookup_checks": 0.0, "iris_observation": 0.0},
}


def full_class(root: Path, trained: Course | None = None) -> Course:
    """Three students: all answers right, typical mistakes, a missing notebook.

    trained: a course whose trusted training runs are reused.
    """
    course = make_course(root)
    if trained:
        shutil.copytree(trained.root / "build" / "trusted-runs", root / "build" / "trusted-runs")
    hand_in(course, "right", RIGHT, texts=OBSERVATIONS, outputs={"draw_both_runs": FIGURE})
    hand_in(course, "mistaken", {**RIGHT, **MISTAKES})
    hand_in(course, "missing", RIGHT, notebooks=["losses"])
    return course


def by_student(table: list[Row]) -> dict[str, dict[str, float | None]]:
    return {row.student: row.scores for row in table}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class, graded by `make grade`."""
    course = full_class(tmp_path_factory.mktemp("course"))
    grade_class(course, Console(file=StringIO()))
    return course


def test_scores(course: Course) -> None:
    scores = by_student(course.grades())
    for student, expected in EXPECTED.items():
        assert {cell: scores[student][cell] for cell in expected} == expected
    assert [row.total for row in course.grades()] == [3 + 4.0, 2.25 + 9, 20.0], "missing, mistaken, right"


def test_the_command_line_of_nbgrader(course: Course, tmp_path: Path) -> None:
    other = full_class(tmp_path / "course", trained=course)
    for arguments in (["autograde"], ["generate_feedback"], ["export"]):
        done = command("nbgrader", *arguments, *([ASSIGNMENT] if arguments != ["export"] else []), cwd=other.root)
        assert done.returncode == 0, done.stderr
    assert by_student(other.grades()) == by_student(course.grades())
    assert (other.root / "grades.csv").read_bytes() == (course.root / "grades.csv").read_bytes()
    assert len(list(other.folder("feedback", "right").glob("*.html"))) == 3


def test_formgraders_button(course: Course, tmp_path: Path) -> None:
    """nbgrader's API is called inside a running event loop by formgrader's server."""
    other = full_class(tmp_path / "course", trained=course)
    nbgrader = NbGraderAPI(coursedir=other.directory, config=other.directory.config)

    async def press() -> list[bool]:
        students = ("right", "mistaken", "missing")
        return [nbgrader.autograde(ASSIGNMENT, student, force=True, create=True)["success"] for student in students]

    assert asyncio.run(press()) == [True, True, True]
    assert by_student(other.grades()) == by_student(course.grades())


def test_csv(course: Course) -> None:
    with (course.root / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows["right"]["iris_observation"] == "未採点"
    assert rows["right"]["ungraded"] == "2"
    assert rows["right"]["score"] == "20"
    assert rows["missing"]["iris_hookup_checks"] == "0"


def test_feedback(course: Course) -> None:
    feedback = {p.stem: p.read_text() for p in course.folder("feedback", "right").glob("*.html")}
    assert "未採点（2 点）" in feedback["iris"]
    assert "提出時の出力" in feedback["iris"]
    assert PIXEL in feedback["iris"]
    assert "損失 1.0974" in feedback["iris"]
    assert "alert(1)" not in feedback["iris"]
    assert "recall by class" in feedback["imbalanced_cifar10"]
    mistaken = course.folder("feedback", "mistaken")
    assert "正しくは" in (mistaken / "losses.html").read_text()
    assert "提出時の出力" not in (mistaken / "iris.html").read_text()


def test_titles_of_tasks_are_the_releases(tmp_path: Path) -> None:
    """Not those of a cell that a student has put above an answer."""
    course = make_course(tmp_path, ["losses"])
    path = hand_in(course, "eve", {}) / "losses.ipynb"
    notebook = nbformat.read(path, as_version=4)
    place = next(i for i, cell in enumerate(notebook.cells) if cell.id == "softmax")
    forged = "# 満点\n\n**(a) softmax：3 / 3 点（教員が訂正しました）** 0 点"
    notebook.cells.insert(place, nbformat.v4.new_markdown_cell(forged))
    nbformat.write(notebook, path)
    grade_class(course, Console(file=StringIO()))
    page = (course.folder("feedback", "eve") / "losses.html").read_text()
    headings = re.findall(r"<h[12].*?</h[12]>|<li.*?</li>|<title>.*?</title>", page, re.DOTALL)
    assert any("(a) softmax" in heading for heading in headings)
    assert not any("教員が訂正" in heading for heading in headings)


def test_submitted_outputs_do_not_affect_scores(course: Course) -> None:
    """A forged score among the submitted outputs of a checks cell changes nothing."""
    submitted = course.folder("submitted", "mistaken") / "losses.ipynb"
    before = submitted.read_text()
    notebook = nbformat.reads(before, as_version=4)
    for cell in notebook.cells:
        if cell.id == "softmax_checks":
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "3.0"}, execution_count=1)]
    submitted.write_text(nbformat.writes(notebook))
    assert autograde(course, "mistaken") == ""
    assert by_student(course.grades())["mistaken"]["softmax_checks"] == 2.25
    submitted.write_text(before)


def test_manual_scores_survive_a_regrade(course: Course) -> None:
    with Gradebook(course.directory.db_url) as gradebook:
        grade = gradebook.find_grade("iris_observation", "iris", ASSIGNMENT, "right")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.find_comment("iris_observation", "iris", ASSIGNMENT, "right").manual_comment = "よく見ています"
        gradebook.db.commit()
    assert autograde(course, "right") == ""
    grade_class(course, Console(file=StringIO()))
    row = next(row for row in course.grades() if row.student == "right")
    assert row.scores["iris_observation"] == 1.5
    assert (row.total, row.ungraded) == (21.5, 1)
    feedback = (course.folder("feedback", "right") / "iris.html").read_text()
    assert "1.5 / 2 点" in feedback
    assert "よく見ています" in feedback
    assert ",1.5," in (course.root / "grades.csv").read_text(encoding="utf-8-sig")


LATE = """
c.AssignLatePenalties.plugin_class = "late.HalfAPoint"
"""
PLUGIN = """
from nbgrader.plugins import BasePlugin
class HalfAPoint(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5
"""


def test_late_penalties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    course = make_course(tmp_path / "course", ["losses"], LATE)
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=datetime(2026, 1, 1))
    folder = hand_in(course, "late", {"softmax": "functional"})
    (folder / "timestamp.txt").write_text("2026-01-02 00:00:00")
    hand_in(course, "in_time", {"softmax": "functional"})
    grade_class(course, Console(file=StringIO()))
    assert {row.student: (row.penalty, row.total) for row in course.grades()} == {
        "late": (0.5, 2.5),
        "in_time": (0.0, 3.0),
    }
    assert "提出の遅れ" in (course.folder("feedback", "late") / "losses.html").read_text()


def test_without_source_and_release_nothing_runs_and_scores_stay_empty(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"])
    hand_in(course, "right", {"softmax": "functional"})
    for step in ("source", "release"):  # from the source it would be built
        for path in course.folder(step).glob("*"):
            path.unlink()
    assert autograde(course, "right") == ""
    assert by_student(course.grades())["right"] == {"softmax_checks": None, "cross_entropy_checks": None}


def test_an_assignment_without_checks_is_graded_by_nbgrader_itself(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"])
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    metadata = {"grade": True, "solution": False, "locked": True, "points": 5, "schema_version": 3, "task": False}
    cell = nbformat.v4.new_code_cell(
        "2.5", metadata={"nbgrader": {**metadata, "grade_id": "half", "cell_type": "code"}}
    )
    notebook.cells = [cell]
    other = Course(course.root, "other")
    for folder in (other.folder("source"), other.folder("submitted", "alice")):
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "plain.ipynb")
    other.build_release()
    assert autograde(other, "alice") == ""
    assert by_student(other.grades())["alice"] == {"half": 2.5}
    executed = json.loads((other.folder("autograded", "alice") / "plain.ipynb").read_text())
    assert executed["cells"][0]["execution_count"] == 1
