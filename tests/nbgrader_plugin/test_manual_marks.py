"""A person's mark counts while what was marked stays the same; every summary agrees with the gradebook."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader.cli.main import main
from grader.nbgrader_plugin.course import Course
from tests.helpers.course_fixture import ASSIGNMENT, IRIS, PIXEL, command, hand_in, make_course

UNGRADED = "未採点"
# A PNG of one green pixel.
GREEN_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNg+M8AAAICAQB7CYF4AAAAAElFTkSuQmCC"
CELL = "iris_observation"


def grade(course: Course) -> None:
    assert main(["grade", "--course", str(course.root)]) == 0


def observe(course: Course, student: str, text: str, answer: str = IRIS["iris_hookup"]) -> None:
    hand_in(course, student, {"iris_hookup": answer}, texts={CELL: text})


def mark(course: Course, student: str, score: float, cell: str = CELL, notebook: str = "iris") -> None:
    """As formgrader saves a mark."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        found = gradebook.find_grade(cell, notebook, ASSIGNMENT, student)
        found.manual_score, found.needs_manual_grade = score, False
        gradebook.db.commit()


def waits(course: Course, student: str) -> dict[str, bool]:
    """What the gradebook says of each cell."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        (notebook,) = gradebook.find_submission(ASSIGNMENT, student).notebooks
        return {found.name: bool(found.needs_manual_grade) for found in notebook.grades}


def assert_summaries_agree(course: Course, out: str) -> None:
    """The table, `grades.csv`, `nbgrader export` and the feedback pages say what the gradebook says."""
    command("nbgrader", "export", "--to=exported.csv", cwd=course.root)
    files = []
    for name in ("grades.csv", "exported.csv"):
        with (course.root / name).open(encoding="utf-8-sig") as file:
            files.append({line["student_id"]: line for line in csv.DictReader(file)})
    rows = {row.student: row for row in course.grades()}
    assert set(files[0]) == set(files[1]) == set(rows)
    for student, row in rows.items():
        flagged = waits(course, student)
        assert {cell for cell, score in row.scores.items() if score is None} == {c for c in flagged if flagged[c]}
        assert row.ungraded == sum(flagged.values())
        for lines in files:
            assert {c for c in flagged if lines[student][c] == UNGRADED} == {c for c in flagged if flagged[c]}
            assert float(lines[student]["score"]) == row.total == sum(score or 0 for score in row.scores.values())
        page = course.folder("feedback", student) / "iris.html"
        if page.exists():
            assert page.read_text().count(f"{UNGRADED}（") >= sum(flagged.values())
            assert ("点は、教員がこれから採点します" in page.read_text()) == any(flagged.values())
    pending = sum(any(waits(course, student).values()) for student in rows)
    assert (f"{pending} submissions have cells that a person grades" in out) == bool(pending)


def test_a_class_in_every_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = make_course(tmp_path, ["iris"])
    students = ("unmarked", "marked", "changed", "emptied", "overridden", "other_score", "removed", "zero")
    for student in students:
        observe(course, student, "一回目の観察です。")
    grade(course)
    for student in students[1:]:
        mark(course, student, 0.0 if student == "zero" else 1.5)
    for student in ("overridden", "other_score"):
        mark(course, student, 3.5, "iris_hookup_checks")
    capsys.readouterr()
    grade(course)
    assert_summaries_agree(course, capsys.readouterr().out)
    assert [student for student in students if any(waits(course, student).values())] == ["unmarked"]

    observe(course, "changed", "二回目。まったく別の文章です。")
    hand_in(course, "emptied", IRIS)
    observe(course, "zero", "0 点のあとで書きなおしました。")
    observe(course, "other_score", "一回目の観察です。", "double_softmax")
    shutil.rmtree(course.folder("submitted", "removed"))
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Execute.cell_seconds = 61\n")  # everybody is graded again
    grade(course)
    out = capsys.readouterr().out
    assert_summaries_agree(course, out)
    expected = {
        "unmarked": {CELL}, "changed": {CELL}, "emptied": {CELL}, "zero": {CELL}, "other_score": {"iris_hookup_checks"},
    }  # fmt: skip
    for student in students:
        flagged = waits(course, student)
        assert {cell for cell in flagged if flagged[cell]} == expected.get(student, set()), student
    rows = {row.student: row for row in course.grades()}
    assert rows["marked"].total == 5.5
    assert rows["changed"].total == 4.0
    assert rows["overridden"].total == 5.0

    # The folder that is gone is told, and its row is marked; its grades stay.
    assert rows["removed"].removed
    assert rows["removed"].total == 5.5
    assert any(line.startswith("removed: ") and "not there any more" in line for line in out.splitlines())
    assert "removed（提出なし）" in out
    with (course.root / "grades.csv").open(encoding="utf-8-sig") as file:
        told = {line["student_id"]: line["remarks"] for line in csv.DictReader(file)}
    assert [student for student in students if "not there any more" in told[student]] == ["removed"]

    # The old mark is still there as a proposal; confirmed, it counts again.
    mark(course, "changed", 1.5)
    grade(course)
    assert_summaries_agree(course, capsys.readouterr().out)
    assert {row.student: row.total for row in course.grades()}["changed"] == 5.5


def test_a_mark_on_checks_is_for_the_answer_that_was_marked(tmp_path: Path) -> None:
    """Two wrong answers earn 0 alike: points that a person gave to the first are not the second's."""
    course = make_course(tmp_path, ["losses"])
    cell, first, second = "softmax_checks", "def softmax(logits):\n    return 0", "def softmax(logits):\n    return 1"
    for student in ("same", "other", "elsewhere"):
        hand_in(course, student, {}, texts={"softmax": first})
    grade(course)
    for student in ("same", "other", "elsewhere"):
        mark(course, student, 3.0, cell, "losses")
    hand_in(course, "other", {}, texts={"softmax": second})
    hand_in(course, "elsewhere", {"cross_entropy": "functional"}, texts={"softmax": first})
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Execute.cell_seconds = 61\n")  # everybody is graded again
    grade(course)
    assert {row.student: row.scores[cell] for row in course.grades()} == {"same": 3.0, "other": None, "elsewhere": 3.0}


def test_a_picture_belongs_to_what_was_marked(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["iris"])
    path = course.folder("submitted", "abe") / "iris.ipynb"
    for picture in (PIXEL, GREEN_PIXEL):
        observe(course, "abe", "図を見てください。 ![](attachment:a)")
        notebook = nbformat.read(path, as_version=4)
        next(c for c in notebook.cells if c.id == CELL).attachments = {"a": {"image/png": picture}}
        nbformat.write(notebook, path)
        grade(course)
        assert waits(course, "abe")[CELL]
        mark(course, "abe", 2.0)
