"""No name in the gradebook runs as a script in formgrader, whichever door it comes through."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from grader.cli.main import main
from grader.cli.names import mend_names
from grader.nbgrader_plugin.course import Course, Member
from grader.nbgrader_plugin.install import patch
from grader.submission.files import safe_name
from tests.helpers.course_fixture import command, make_course
from tests.helpers.lms_class import write_csv

ACTIVE = "<img src=x onerror=\"a='\\x'\" title=b>"
STORED = "＜img src=x onerror=＂a='＼x'＂ title=b＞"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with nobody in it yet."""
    return make_course(tmp_path_factory.mktemp("names"), ["losses"])


def names(course: Course, student: str) -> list[tuple[str, str]]:
    return [(member.last, member.first) for member in course.members() if member.student == student]


def test_of_an_lms(course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["Student", "ID", "Section"], [f"{ACTIVE}, Eve\u202e", "124", "A"], ["O'Brien, Åsa & Ben", "125", "A"]]
    table = write_csv(tmp_path / "grades.csv", rows)
    assert main(["roster", "canvas", str(table), "--course", str(course.root)]) == 0
    assert names(course, "124") == [(STORED, "Eve?")]
    assert names(course, "125") == [("O'Brien", "Åsa & Ben")]
    changed, _ = capsys.readouterr().out.splitlines()
    assert "(124)" in changed
    assert "U+202E" in changed
    assert changed.endswith(f"the gradebook has {STORED} Eve?")


def test_of_nbgraders_own_commands(course: Course, tmp_path: Path) -> None:
    own = ["nbgrader", "db", "student"]
    done = command(*own, "add", "mallory", f"--last-name={ACTIVE}", "--first-name=M", cwd=course.root)
    assert names(course, "mallory") == [(STORED, "M")], done.stderr
    table = write_csv(tmp_path / "students.csv", [["id", "last_name", "first_name"], ["trudy", ACTIVE, "T"]])
    done = command(*own, "import", str(table), cwd=course.root)
    assert names(course, "trudy") == [(STORED, "T")], done.stderr


def test_of_an_earlier_version(course: Course) -> None:
    course.enrol([Member("old", first="O", last="x"), Member("none")])
    with closing(sqlite3.connect(course.root / "gradebook.db")) as database:
        database.execute("UPDATE student SET last_name = ? WHERE id = 'old'", (ACTIVE,))
        database.commit()
    assert names(course, "old") == [(ACTIVE, "O")]
    (line,) = mend_names(course)
    assert "(old)" in line
    assert names(course, "old") == [(STORED, "O")]
    assert names(course, "none") == [("", "")]
    assert mend_names(course) == []


def test_changed_once_only() -> None:
    patch()
    patch()
    assert safe_name(safe_name(ACTIVE)) == STORED
