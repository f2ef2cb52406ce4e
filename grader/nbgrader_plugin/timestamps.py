"""Read the time of a submission from its `timestamp.txt`. A time that is not understood costs no points.

nbgrader's own reader takes a zone that it does not know for UTC, fills a missing date with today's, opens any kind of
file, and ends in a traceback where it understands nothing.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from grader.submission.files import TIMESTAMP, read_file

MAX_TIMESTAMP_BYTES = 1000
YEARS = range(2000, 2101)  # formgrader cannot convert times near year 1 or 9999 to another time zone
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\s*(\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s*(\S*)")
OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d))?")
# Zones with one meaning. Other abbreviations have several: EST is a zone in America and one in Australia.
ZONES: dict[str, tzinfo] = {"": UTC, "Z": UTC, "UTC": UTC, "GMT": UTC, "JST": timezone(timedelta(hours=9))}


@dataclass(frozen=True)
class SubmissionTime:
    """time: in UTC, without a zone, as nbgrader stores it; None if there is none. problem: why it is unknown, or ""."""

    time: datetime | None = None
    problem: str = ""


def read_time(folder: Path, course_zone: str = "UTC") -> SubmissionTime:
    """Read `timestamp.txt` in a submission's folder; without one there is no time and no problem.

    course_zone: name of the exchange's time zone, whose abbreviations are understood, too.
    """
    path = folder / TIMESTAMP
    if not os.path.lexists(path):
        return SubmissionTime()
    try:
        text = read_file(path, MAX_TIMESTAMP_BYTES).decode("utf-8-sig")
    except ValueError:  # also what a UnicodeDecodeError is
        return SubmissionTime(problem=f"{TIMESTAMP} is not a short text file")
    try:
        return SubmissionTime(parse_time(text, course_zone))
    except ValueError as error:
        return SubmissionTime(problem=f"{TIMESTAMP}: {error}")


def exchange_zone(course: CourseDirectory) -> str:
    """The name of the time zone in which the course's exchange writes timestamps."""
    return str(course.config.Exchange.get("timezone", "UTC"))


def submission_folder(course: CourseDirectory, assignment_id: str, student: str) -> Path:
    """The folder of a student's submission."""
    return Path(course.format_path(course.submitted_directory, student, assignment_id))


def existing_timestamp(self: CourseDirectory, dest_path: str) -> datetime | None:
    """Replaces nbgrader's method: the time of the submission in a folder, in UTC."""
    return read_time(Path(dest_path), exchange_zone(self)).time


def submitted_timestamp(self: NbGraderAPI, assignment_id: str, student_id: str) -> datetime | None:
    """Replaces nbgrader's method, which formgrader calls for each submission."""
    return existing_timestamp(self.coursedir, str(submission_folder(self.coursedir, assignment_id, student_id)))


def parse_time(text: str, course_zone: str = "UTC") -> datetime:
    """Parse `2026-11-30 23:00:00 JST` or `2026-11-30T23:00:00+09:00` → UTC, without a zone.

    Without a zone the time is UTC, as nbgrader writes it. Raises ValueError with the reason, in one line.
    """
    match = TIME.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        raise ValueError("it does not contain a date and a time such as 2026-11-30 23:00:00 JST")
    date, clock, fraction, zone = match.groups()
    try:
        local = datetime.fromisoformat(f"{date} {clock}")
    except ValueError:
        raise ValueError("there is no such date or time") from None
    local = local.replace(microsecond=int(f"{fraction or '':0<6}"[:6]))
    if local.year not in YEARS:
        raise ValueError(f"the year is not between {YEARS[0]} and {YEARS[-1]}")
    return local.replace(tzinfo=_zone(zone, local, course_zone)).astimezone(UTC).replace(tzinfo=None)


def _zone(name: str, local: datetime, course_zone: str) -> tzinfo:
    if found := ZONES.get(name.upper()):
        return found
    if offset := OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        if int(hours) <= 14 and int(minutes or 0) < 60:
            return timezone((-1 if sign == "-" else 1) * timedelta(hours=int(hours), minutes=int(minutes or 0)))
    if "/" in name and not name.startswith("Etc/") and (region := _region(name)):  # Etc/GMT+9 is nine hours behind UTC
        return region
    course = _region(course_zone)
    if course and name == local.replace(tzinfo=course).tzname():
        return course
    raise ValueError(f"the time zone {name[:40]!a} is not understood")


def _region(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # not a name, or unknown
        return None
