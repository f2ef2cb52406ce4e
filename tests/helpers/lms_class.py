"""Downloads, tables and uploads as Moodle and Canvas write and read them, by the rules of their own code."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.saving.content import feedback_digest, remember, remember_graded
from tests.helpers.course_fixture import ASSIGNMENT

MOODLE_TITLES = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
).split(",")


class RawName(zipfile.ZipInfo):
    """An entry whose name is written as these bytes, not marked as UTF-8, as by Windows' own archiver."""

    def __init__(self, name: bytes) -> None:
        super().__init__(name.decode("latin-1"))
        self.raw = name

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits & ~0x800


def pack(path: Path, files: Iterable[tuple[str | zipfile.ZipInfo, str | bytes]], encoding: str = "") -> Path:
    """Write a zip file. encoding: of names that are not marked as UTF-8, "" to mark them as UTF-8."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            info = RawName(name.encode(encoding)) if encoding and isinstance(name, str) else name
            packed.writestr(info, content, zipfile.ZIP_DEFLATED)
    return path


def write_csv(path: Path, rows: Sequence[Sequence[str]], bom: bool = False) -> Path:
    """Write a table as UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8-sig" if bom else "utf-8", newline="")
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a table, by title."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def give_marks(course: Course, marks: Mapping[str, float], waiting: Sequence[str] = ()) -> None:
    """Stand in for a run: scores in the gradebook, and a page of feedback, "for <student>", for each student.

    waiting: students with a cell that a person has yet to grade.
    """
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        for student, mark in marks.items():
            gradebook.update_or_create_student(student)
            submission = gradebook.update_or_create_submission(ASSIGNMENT, student)
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            for grade in grades:
                grade.auto_score = grade.needs_manual_grade = 0
            grades[0].auto_score = mark
            grades[0].needs_manual_grade = student in waiting
        gradebook.db.commit()
        for student in marks:
            remember_graded(course.directory, ASSIGNMENT, student)
            shown = feedback_digest(course.directory, gradebook.find_submission(ASSIGNMENT, student))
            remember(course.directory, ASSIGNMENT, student, "shown", shown)
    for student in marks:
        for step, name in (("autograded", "losses.ipynb"), ("feedback", "losses.html")):
            folder = course.folder(step, student)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"for {student}")


def delivered_by_moodle(path: Path) -> dict[str, dict[str, str]]:
    """Whom Moodle's importziplib.php gives which file: participant → name → content."""
    found: dict[str, dict[str, str]] = {}
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            parts = name.split("/")
            while parts:
                info = parts.pop(0).split("_", 4)
                if len(info) >= 4 and info[1].isdecimal() and info[2:4] == ["assignsubmission", "file"]:
                    rest = [part for part in [*info[4:], *parts] if part]
                    found.setdefault(str(int(info[1])), {})["/".join(rest)] = packed.read(name).decode()
                    break
    return found


def delivered_by_canvas(path: Path, attachments: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Whom Canvas's `infer_comment_context_from_filename` gives which content. attachments: ids of files, by user."""
    found: dict[str, list[str]] = {}
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            numbers = [part for part in name.split("_") if part != "LATE" and part.isdecimal()]
            user, attachment = numbers[:2]
            assert attachment in attachments[user], f"Canvas ignores {name}"
            found.setdefault(user, []).append(packed.read(name).decode())
    return found


def files_of(course: Course) -> dict[str, dict[str, bytes]]:
    """What stands in submitted/: student → path → content."""
    found: dict[str, dict[str, Any]] = {}
    for student in course.students():
        folder = course.folder("submitted", student)
        found[student] = {
            file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
        }
    return found
