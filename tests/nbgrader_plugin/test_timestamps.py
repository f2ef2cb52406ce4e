"""The time of a submission: nobody is late by a time zone, and an unreadable time costs no points."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from grader.cli.main import main
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.timestamps import parse_time, read_time
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, hand_in, make_course

DUE = datetime(2026, 11, 30, 14, 59, 59)  # 23:59:59 in Japan
LATE_SETTING = '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-30 23:00:00 JST", "2026-11-30 14:00:00"),
        ("2026-11-30 23:00:00 jst\n", "2026-11-30 14:00:00"),
        ("2026-12-01 01:00:00 Asia/Tokyo", "2026-11-30 16:00:00"),
        ("2026-11-30T23:00:00+09:00", "2026-11-30 14:00:00"),
        ("2026-11-30 23:00 +0900", "2026-11-30 14:00:00"),
        ("2026-11-30T14:00Z", "2026-11-30 14:00:00"),
        ("2026-11-30 14:00:00.123456 UTC", "2026-11-30 14:00:00.123456"),
        ("2026-11-30 14:00:00", "2026-11-30 14:00:00"),
        ("2026-07-01 12:00:00 CEST", "2026-07-01 10:00:00"),
        ("2026-11-30 09:00:00 America/New_York", "2026-11-30 14:00:00"),
        ("\uff12\uff10\uff12\uff16-11-30 23:00:00 JST", "2026-11-30 14:00:00"),
    ],
)
def test_a_time_with_a_known_zone_is_understood(text: str, expected: str) -> None:
    assert parse_time(text, "Europe/Berlin") == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30 23:00:00 EST",  # in America or in Australia
        "2026-11-30 23:00:00 GMT+9",  # nine hours before or behind
        "2026-11-30 23:00:00 Etc/GMT-9",
        "2026-11-30 23:00:00 CEST",  # Berlin has CET in November
        "2026-11-30 23:00:00 +99:00",
        "2026-11-30 23:00:00 ../../etc/localtime",
        "2026-11-30 23:00:00 Asia/",
        "2026年11月30日 23:00",
        "01/12/2026 23:00",  # January or December
        "23:00:00",  # today, whenever that is
        "2026-11-30",
        "2026-02-30 12:00:00",
        "9999-12-31 23:59:59 UTC",
        "0001-01-01 00:00:00 UTC",
        "1764511200",
        "nan",
        "",
        "2026-11-30 23:00:00 JST\n2026-11-29 23:00:00 JST",
    ],
)
def test_any_other_time_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[ -~]{10,100}$"):
        parse_time(text, "Europe/Berlin")


def make_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_broken_link(path: Path) -> None:
    path.symlink_to("nowhere")


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "link": make_link,
    "broken-link": make_broken_link,
    "folder": Path.mkdir,
    "binary": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "huge": lambda path: path.write_text("2026-11-30 23:00:00 JST" + " " * 2000),
    "unknown-zone": lambda path: path.write_text("2026-12-01 23:00:00 EST"),
    "far": lambda path: path.write_text("9999-12-31 23:59:59 UTC"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_file_is_a_problem_and_no_error(tmp_path: Path, kind: str) -> None:
    UNREADABLE[kind](tmp_path / "timestamp.txt")
    found = read_time(tmp_path)
    assert found.time is None
    assert found.problem.startswith("timestamp.txt")


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    assert read_time(tmp_path).problem == ""


def test_the_work_is_graded_and_a_person_decides_about_the_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    course = make_course(tmp_path, ["losses"], LATE_SETTING)
    stamps = {"on-time": "2026-11-30 23:00:00 JST", "late": "2026-12-01 01:00:00 JST", "none": ""}
    for student, stamp in stamps.items():
        folder = hand_in(course, student, LOSSES)
        if stamp:
            (folder / "timestamp.txt").write_text(stamp)
    for student, make in UNREADABLE.items():
        make(hand_in(course, student, LOSSES) / "timestamp.txt")
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        gradebook.find_assignment(ASSIGNMENT).duedate = DUE
        gradebook.db.commit()
    assert main(["grade", "--course", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    rows = {row.student: row for row in course.grades()}
    assert {student: row.total for student, row in rows.items()} == dict.fromkeys(rows, 7.0) | {"late": 0.0}
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig") as file:
        lines = {line["student_id"]: line for line in csv.DictReader(file)}
    for student, row in rows.items():
        asked = student in UNREADABLE
        assert (row.penalty is None) == asked
        assert (lines[student]["late_submission_penalty"] == "未採点") == asked
        assert ("no late penalty" in lines[student]["remarks"]) == asked
        assert (
            any(line.startswith(f"{student}: a person should look: timestamp.txt") for line in out.splitlines())
            == asked
        )
    formgrader(course)


def formgrader(course: Course) -> None:
    """formgrader's list of submissions can be read, with the times that were understood."""
    api = NbGraderAPI(course.directory)
    listed = {found["student"]: found["timestamp"] for found in api.get_submissions(ASSIGNMENT)}
    assert listed["on-time"]
    assert str(listed["on-time"]).startswith("2026-11-30T14:00:00")
    assert not any(listed[student] for student in UNREADABLE)


def test_a_resubmission_without_a_time_does_not_keep_the_old_one(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"], LATE_SETTING)
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        gradebook.find_assignment(ASSIGNMENT).duedate = DUE
        gradebook.db.commit()
    stamp = hand_in(course, "alice", LOSSES) / "timestamp.txt"
    stamp.write_text("2026-12-01 01:00:00 JST")
    assert main(["grade", "--course", str(tmp_path)]) == 0
    assert [row.total for row in course.grades()] == [0.0]
    stamp.unlink()
    assert main(["grade", "--course", str(tmp_path)]) == 0
    assert [row.total for row in course.grades()] == [7.0]
