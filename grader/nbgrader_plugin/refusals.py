"""Reasons not to grade: a submission folder that nbgrader could not handle, a host without a sandbox."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from nbgrader.utils import parse_utc

from grader.submission.files import folder_problem, read_file, student_name_problem

MAX_TIMESTAMP_BYTES = 1000
YEARS = range(2000, 2101)  # of a timestamp; formgrader cannot convert times near year 1 or 9999 to another time zone


def submission_problem(folder: Path, student: str, expected: Collection[str] | None) -> str:
    """Why a submission folder cannot be graded, in one line, or "".

    expected: file names of the assignment's notebooks; None for an unknown assignment, which nbgrader reports itself.
    """
    if problem := student_name_problem(student):
        return f"the folder's name cannot be a student's name: it contains {problem}"
    if expected is None:
        return ""
    return folder_problem(folder, expected) or timestamp_problem(folder / "timestamp.txt")


def timestamp_problem(path: Path) -> str:
    """Why a timestamp file cannot be used, or "" (also if there is none).

    nbgrader opens any kind of file here, and an unreadable time ends in a traceback. A time that cannot be converted to
    another time zone breaks formgrader's page of the whole class.
    """
    try:
        if path.exists() or path.is_symlink():
            time = parse_utc(read_file(path, MAX_TIMESTAMP_BYTES).decode().strip() or "2000-01-01")
            if time.year not in YEARS:
                return f"the time in timestamp.txt is not between {YEARS[0]} and {YEARS[-1]}"
    except Exception:  # dateutil raises more than it documents
        return "timestamp.txt does not contain a time"
    return ""


def no_sandbox_message(missing: str) -> str:
    """The error message for a host that cannot sandbox students' code; missing: what it lacks."""
    return (
        f"This host cannot sandbox students' code: {missing}. Nothing was run. Change the host "
        "(python -m grader doctor), or, for code that you trust as your own, set c.Execute.without_walls = True."
    )
