"""The language of what a student is told: the released notebook says it, else the course; the submission never does."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import nbformat
import pytest
from rich.console import Console

from grader.batch.run_job import set_aside
from grader.cli.grade_class import grade_class
from grader.errors import UserError
from grader.nbgrader_plugin import exporters
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.jobs import language_of
from grader.nbgrader_plugin.preprocessors import Execute
from tests.helpers.course_fixture import ASSIGNMENT, IRIS, hand_in, make_course

ENGLISH = 'c.Course.language = "en"\n'
WRONG = {"softmax": "no_max_subtraction"}


def state(path: Path, language: object) -> None:
    """Write a language into a notebook's metadata."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["grader"] = {"language": language}
    nbformat.write(notebook, path)


def graded(course: Course, student: str, notebook: str) -> nbformat.NotebookNode:
    return nbformat.read(course.folder("autograded", student) / f"{notebook}.ipynb", as_version=4)


def table_of(notebook: nbformat.NotebookNode, name: str) -> str:
    (cell,) = (c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)
    return str(cell.outputs[0].data["text/html"])


def test_a_class_is_graded_in_the_language_of_course_and_notebooks(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses", "iris"], ENGLISH)
    state(course.folder("source") / "iris.ipynb", "ja")
    course.build_release()
    folder = hand_in(course, "one", WRONG)
    state(folder / "losses.ipynb", "ja")  # a student's metadata say nothing
    folder = hand_in(course, "two", WRONG)
    (folder / "losses.ipynb").write_text("{")
    folder = hand_in(course, "three", WRONG | IRIS)
    (folder / "iris.ipynb").rename(folder / "iris (1).ipynb")
    out = StringIO()
    grade_class(course, Console(file=out, width=200))
    losses, iris = graded(course, "one", "losses"), graded(course, "one", "iris")
    assert (losses.metadata.grader.language, iris.metadata.grader.language) == ("en", "ja")
    assert "should be [[" in table_of(losses, "softmax_checks")
    assert "検査" in table_of(iris, "iris_hookup_checks")
    assert "(it is not JSON)" in table_of(graded(course, "two", "losses"), "softmax_checks")
    assert "ungraded" in out.getvalue()
    assert "未採点" not in out.getvalue()
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig") as file:
        lines = {line["student_id"]: line for line in csv.DictReader(file)}
    assert "This cannot be read as a notebook (it is not JSON)" in lines["two"]["remarks"]
    assert "iris.ipynb がありません。提出されたのは iris (1).ipynb です" in lines["three"]["remarks"]
    assert "ungraded" in lines["three"].values()


def test_the_language_is_part_of_the_job(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"], ENGLISH)
    hand_in(course, "one", WRONG)
    (course.folder("submitted", "one") / "losses.ipynb").write_text("{")
    execute = Execute(parent=course._api)
    job = execute.job(course.directory, ASSIGNMENT, "one", "losses")
    assert job
    assert job.language == "en"
    before = job.key
    state(course.folder("release") / "losses.ipynb", "ja")
    changed = execute.job(course.directory, ASSIGNMENT, "one", "losses")
    assert changed
    assert changed.language == "ja"
    assert changed.key != before
    assert "This cannot be read" in set_aside(job, "why").notebook


@pytest.mark.parametrize("stated", [None, "xx", 5, ["en"], {"en": 1}])
def test_an_unknown_language_is_that_of_the_course(stated: object) -> None:
    notebook = nbformat.v4.new_notebook(metadata={"grader": {"language": stated}})
    assert language_of(notebook) == "ja"
    assert language_of(notebook, "en") == "en"
    assert language_of(nbformat.v4.new_notebook(metadata={"grader": "en"})) == "ja"


def test_a_course_in_an_unknown_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="c.Course.language = 'xx' is none of ja, en"):
        make_course(tmp_path, ["losses"], 'c.Course.language = "xx"\n')


def test_a_page_of_text_says_why_in_the_notebooks_language() -> None:
    notebook = nbformat.v4.new_notebook(metadata={"grader": {"language": "en"}})
    assert exporters.as_text_only(notebook).cells[0].source.startswith("The full page would be too heavy")
