"""Hosts without some wall: when grading is refused, when it continues, and which messages are shown."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import nbformat
import pytest

from grader.nbgrader_plugin.course import PROJECT
from tests.helpers.course_fixture import ASSIGNMENT, Course, autograde, command, hand_in, make_course

NO_LANDLOCK = "landlock_create_ruleset"
CONFIG = """
c.Execute.without_walls = True
"""


def where_denied(calls: str, *arguments: str, **options: Any) -> CompletedProcess[str]:
    """Run a command on a host that denies these system calls."""
    here = ["-m", "tests.helpers.deny", calls]
    return command(sys.executable, *here, *arguments, cwd=PROJECT, **options)


def grader(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "grader", *arguments)


def score_of_softmax(course: Course) -> Any:
    (row,) = course.grades()
    return row.scores["softmax_checks"]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = make_course(tmp_path, ["losses"])
    hand_in(course, "right", {"softmax": "functional"})
    return course


def test_without_landlock_submissions_are_refused_in_one_line(course: Course) -> None:
    done = where_denied(NO_LANDLOCK, *grader("grade", "--course", str(course.root)))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert all(word in done.stderr for word in ("Landlock", "doctor", "--without-walls"))
    assert not course.folder("autograded", "right").exists()


def test_without_landlock_nbgrader_autograde_is_refused_too(course: Course) -> None:
    chdir = ["sh", "-c", f"cd {course.root} && nbgrader autograde {ASSIGNMENT}"]
    done = where_denied(NO_LANDLOCK, *chdir)
    assert done.returncode == 1
    assert "without_walls = True" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(course.folder("autograded", "right").glob("*.ipynb"))
    assert autograde(course, "right") == "", "once the host is fixed, it is graded"


def test_without_walls_flag_grades_and_the_report_says_so(course: Course) -> None:
    done = where_denied(NO_LANDLOCK, *grader("grade", "--course", str(course.root), "--without-walls"))
    assert done.returncode == 0, done.stderr
    assert "NO WALLS" in done.stdout
    assert score_of_softmax(course) == 3.0
    executed = nbformat.read(course.folder("autograded", "right") / "losses.ipynb", as_version=4)
    assert "NO WALLS" in executed.metadata.grader.walls


def test_without_walls_can_be_set_in_the_configuration(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"], CONFIG)
    hand_in(course, "right", {"softmax": "functional"})
    done = where_denied(NO_LANDLOCK, *grader("grade", "--course", str(course.root)))
    assert done.returncode == 0, done.stderr
    assert "NO WALLS" in done.stdout


def test_without_namespaces_grading_continues_behind_the_inner_wall(course: Course) -> None:
    done = where_denied("namespaces", *grader("grade", "--course", str(course.root)))
    assert done.returncode == 0, done.stderr
    assert "no namespaces" in done.stdout
    assert score_of_softmax(course) == 3.0


def test_doctor_reports_missing_walls() -> None:
    assert "NO" not in where_denied("reboot", *grader("doctor")).stdout
    done = where_denied("namespaces", *grader("doctor"))
    assert (done.returncode, "not allowed here" in " ".join(done.stdout.split())) == (0, True)
    done = where_denied(NO_LANDLOCK, *grader("doctor"))
    assert done.returncode == 1
    assert "cannot be graded here" in done.stdout
    done = command(*grader("doctor"), cwd=PROJECT)
    assert done.returncode == 0
