"""Submissions that had to be repaired, graded as a class: the marks, who waits for a person, and what is told."""

from __future__ import annotations

from io import StringIO

import nbformat
import pytest
from nbformat import NotebookNode
from rich.console import Console

from grader.cli.grade_class import grade_class
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row
from tests.helpers.course_fixture import LOSSES, bank_source, hand_in, make_course

ANSWERS = {cell: bank_source(cell, answer) for cell, answer in LOSSES.items()}
NOTEBOOKS = "losses", "iris"


def index(notebook: NotebookNode, name: str) -> int:
    return next(i for i, cell in enumerate(notebook.cells) if cell.id == name)


def change(course: Course, student: str) -> None:
    """Submit for a student whose name says what is done to the notebooks. 山田 U+3000 太郎: a helper file's name."""
    folder = hand_in(course, student, LOSSES)
    losses, iris = (nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in NOTEBOOKS)
    match student:
        case "merged":
            losses.cells[index(losses, "softmax")].source = "\n\n".join(ANSWERS.values())
            del losses.cells[index(losses, "cross_entropy")]
        case "merged_at_the_top":
            losses.cells = [c for c in losses.cells if c.id not in ANSWERS]
            losses.cells.insert(2, nbformat.v4.new_code_cell("\n\n".join(ANSWERS.values())))
        case "pasted":
            copy = nbformat.from_dict(dict(losses.cells[index(losses, "cross_entropy")]))
            copy.id, copy.source = "again", release_source(course, "cross_entropy") + "\n\n"
            losses.cells.insert(index(losses, "cross_entropy") + 1, copy)
        case "below":
            iris.cells.append(nbformat.v4.new_markdown_cell("交差エントロピーのほうが早く下がった。"))
        case "newline":
            for cell in [*losses.cells, *iris.cells]:
                cell.source += "\n"
        case "locked":
            losses.cells[index(losses, "setup")].source += "\nimport math"
        case "山田\u3000太郎":
            (folder / "損失\u3000関数ガ.py".replace("ガ", "カ\u3099")).write_text("\n\n".join(ANSWERS.values()))
            losses.cells[index(losses, "softmax")].source = "exec(open('損失\u3000関数ガ.py').read())"
            del losses.cells[index(losses, "cross_entropy")]
    for name, notebook in zip(NOTEBOOKS, (losses, iris), strict=True):
        nbformat.write(notebook, folder / f"{name}.ipynb")


def release_source(course: Course, cell: str) -> str:
    notebook = nbformat.read(course.folder("release") / "losses.ipynb", as_version=4)
    return str(notebook.cells[index(notebook, cell)].source)


STUDENTS = "merged", "merged_at_the_top", "pasted", "below", "newline", "locked", "山田\u3000太郎"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, dict[str, Row]]:
    course = make_course(tmp_path_factory.mktemp("repaired"), NOTEBOOKS)
    for student in STUDENTS:
        change(course, student)
    return course, {row.student: row for row in grade_class(course, Console(file=StringIO(), width=200))}


@pytest.mark.parametrize("student", STUDENTS)
def test_no_repair_costs_a_point(graded: tuple[Course, dict[str, Row]], student: str) -> None:
    scores = graded[1][student].scores
    assert (scores["softmax_checks"], scores["cross_entropy_checks"]) == (3.0, 4.0)


def test_only_an_observation_that_was_written_waits_for_a_person(graded: tuple[Course, dict[str, Row]]) -> None:
    assert {student: row.scores["iris_observation"] for student, row in graded[1].items()} == {
        student: None if student == "below" else 0.0 for student in STUDENTS
    }
    assert {student for student, row in graded[1].items() if row.ungraded} == {"below"}


@pytest.mark.parametrize(
    ("student", "page", "note"),
    [
        ("merged", "losses", "戻したセル：cross_entropy"),
        ("pasted", "losses", "採点したセル：cross_entropy"),
        ("below", "iris", "採点するセル：iris_observation"),
        ("below", "iris", "早く下がった"),
        ("locked", "losses", "書きかえられていたので、配布したときのものに戻したセル：setup"),
    ],
)
def test_a_repair_is_told_to_the_student_and_the_instructor(
    graded: tuple[Course, dict[str, Row]], student: str, page: str, note: str
) -> None:
    course = graded[0]
    assert note in (course.folder("feedback", student) / f"{page}.html").read_text()
    notebook = nbformat.read(course.folder("autograded", student) / f"{page}.ipynb", as_version=4)
    assert any(note in cell.source for cell in notebook.cells)


def test_where_nothing_is_repaired_there_is_no_note(graded: tuple[Course, dict[str, Row]]) -> None:
    notebook = nbformat.read(graded[0].folder("autograded", "newline") / "losses.ipynb", as_version=4)
    assert notebook.cells[0].id != "grader-notes"
