"""The content of a submission as a digest: whether it has changed is asked of its bytes, never of its times."""

from __future__ import annotations

import os
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from grader.nbgrader_plugin.timestamps import TIMESTAMP
from grader.submission.files import digest_files


def submission_digest(course: CourseDirectory, assignment_id: str, student: str) -> str:
    """A digest of all that grading reads of a submission.

    What is read by name is included by name: among very many files a listing of the folder stops before it.
    """
    root = Path(course.root)
    folder = root / course.format_path(course.submitted_directory, student, assignment_id)
    release = root / course.format_path(course.release_directory, ".", assignment_id)
    named = [TIMESTAMP, *sorted(path.name for path in release.glob("*.ipynb"))]
    return digest_files([folder, *(folder / name for name in named)], compiled=True)


def remember_graded(course: CourseDirectory, assignment_id: str, student: str) -> None:
    """Write down the content that is graded now, by whatever command."""
    path = _remembered(course, assignment_id, student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(submission_digest(course, assignment_id, student))


def graded_digest(course: CourseDirectory, assignment_id: str, student: str) -> str:
    """The content that was graded last, or "" if this version has graded nothing."""
    path = _remembered(course, assignment_id, student)
    return path.read_text() if os.path.isfile(path) else ""


def _remembered(course: CourseDirectory, assignment_id: str, student: str) -> Path:
    return Path(course.root) / "build" / "graded" / assignment_id / student
