"""Digests of what was submitted and of what feedback shows: a change is seen in the content, never in a file's time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from nbgrader.api import SubmittedAssignment
from nbgrader.coursedir import CourseDirectory

from grader.submission.files import TIMESTAMP, digest_files


def submission_digest(course: CourseDirectory, assignment_id: str, student: str) -> str:
    """A digest of all that grading reads of a submission.

    What is read by name is included by name: among very many files a listing of the folder stops before it.
    """
    root = Path(course.root)
    folder = root / course.format_path(course.submitted_directory, student, assignment_id)
    release = root / course.format_path(course.release_directory, ".", assignment_id)
    named = [TIMESTAMP, *sorted(path.name for path in release.glob("*.ipynb"))]
    return digest_files([folder, *(folder / name for name in named)], compiled=True)


def grades_digest(submission: SubmittedAssignment) -> str:
    """A digest of what feedback shows besides the notebooks: name, scores, comments, penalty."""
    scores = [
        (n.name, g.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
        for n in submission.notebooks
        for g in n.grades
    ]
    comments = [(n.name, c.name, c.manual_comment) for n in submission.notebooks for c in n.comments]
    about = submission.late_submission_penalty, submission.student.first_name, submission.student.last_name
    text = repr((sorted(map(repr, scores)), sorted(map(repr, comments)), about))
    return hashlib.sha256(text.encode()).hexdigest()


def feedback_digest(course: CourseDirectory, submission: SubmittedAssignment) -> str:
    """A digest of all that feedback shows."""
    graded = remembered(course, submission.name, submission.student_id, "graded")
    return f"{graded} {grades_digest(submission)}"


def remember_graded(course: CourseDirectory, assignment_id: str, student: str) -> None:
    """Write down the content that is graded now."""
    remember(course, assignment_id, student, "graded", submission_digest(course, assignment_id, student))


def remember(course: CourseDirectory, assignment_id: str, student: str, what: str, digest: str) -> None:
    """Write down a digest; every command that grades does. what: "graded" of a submission, "shown" of its feedback."""
    path = _path(course, assignment_id, student, what)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(digest)


def remembered(course: CourseDirectory, assignment_id: str, student: str, what: str) -> str:
    """The digest that was written down last, or "" if there is none."""
    path = _path(course, assignment_id, student, what)
    return path.read_text() if os.path.isfile(path) else ""


def _path(course: CourseDirectory, assignment_id: str, student: str, what: str) -> Path:
    return Path(course.root) / "build" / what / assignment_id / student
