"""`make desk`: JupyterLab with formgrader on a course that has only been cloned, and on the sample class."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.checking.assignment import find
from grader.cli import sample
from grader.cli.desk import desk_command
from grader.cli.main import main
from grader.nbgrader_plugin.course import PROJECT, Course
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, fresh_course, hand_in
from tests.helpers.desk import teachers_desk

RELEASED = {"losses.ipynb", "README.md", "requirements.txt"}


def test_formgrader_of_a_fresh_course(tmp_path: Path) -> None:
    """The assignment is there, one button releases it with all that students get, and another one grades."""
    course = fresh_course(tmp_path)
    hand_in(course, "abe", LOSSES)
    with teachers_desk(tmp_path) as desk:
        (assignment,) = desk.api("assignments")
        assert (assignment["name"], assignment["max_score"], assignment["num_submissions"]) == (ASSIGNMENT, 7, 1)
        shutil.rmtree(course.folder("release"))
        assert desk.api(f"assignment/{ASSIGNMENT}/assign", "POST")["success"]
        assert {path.name for path in course.folder("release").iterdir()} == RELEASED
        assert desk.api(f"submission/{ASSIGNMENT}/abe/autograde", "POST")["success"]
        (graded,) = [one for one in desk.api(f"submissions/{ASSIGNMENT}") if one["student"] == "abe"]
        assert (graded["score"], graded["autograded"]) == (7, True)
        assert "Manage Assignments" in desk.ask("/formgrader/manage_assignments")
        assert "@jupyter/nbgrader" in desk.ask("/lab"), "nbgrader's menu"


def test_the_sample_class(tmp_path: Path) -> None:
    """It has a configuration of its own, so that nbgrader's commands there grade with this package."""
    assignment = find(ASSIGNMENT)
    assert assignment
    course = sample.course_in(tmp_path / "build" / "sample", ASSIGNMENT)
    sample.build(course, {"abe": sample.sample_class(assignment)["abe"]})
    with teachers_desk(course.root) as desk:
        found = {each["name"]: each for each in desk.api("assignments")}
        assert (found[ASSIGNMENT]["max_score"], found[ASSIGNMENT]["num_submissions"]) == (24, 1)


def test_a_folder_without_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """nbgrader would grade there with its own code."""
    assert main(["desk", "--course", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "nbgrader_config.py" in line
    assert "make grade" in line


def test_the_command_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    assert desk_command(Course(PROJECT, ASSIGNMENT)) == "make desk"
    assert desk_command(Course(PROJECT / "build" / "sample", ASSIGNMENT)) == "make desk COURSE=build/sample"
    monkeypatch.chdir(tmp_path)
    assert desk_command(Course(tmp_path, ASSIGNMENT)) == "python -m grader desk --course ."


def test_opening_a_students_notebook_runs_no_file_of_theirs(tmp_path: Path) -> None:
    """A kernel starts in the notebook's folder; a completion, which JupyterLab asks for at Tab, imports more."""
    seen = tmp_path / "seen"
    spy = f"open({str(seen)!r}, 'a').write(__name__ + ' ')\nraise ImportError\n"
    folder = hand_in(fresh_course(tmp_path), "eve", LOSSES)
    for name in ("ipykernel_launcher.py", "ipykernel_launcher/__init__.py", "parso.py", "jedi.py", "difflib.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(spy)
    with teachers_desk(tmp_path) as desk:
        assert desk.api(f"submission/{ASSIGNMENT}/eve/autograde", "POST")["success"]
        for step in ("submitted", "autograded"):
            desk.open(f"{step}/eve/{ASSIGNMENT}/losses.ipynb")
    assert not seen.exists(), seen.read_text()
    graded = tmp_path / "autograded" / "eve" / ASSIGNMENT
    assert not [path for path in graded.rglob("*") if path.suffix == ".py"], "nor would any other Jupyter run them"
    assert (graded / "parso.py.txt").read_text() == spy
