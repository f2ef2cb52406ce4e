"""Fill an LMS's own table with marks, and pack feedback under the names by which the LMS finds each student.

A submission that waits for a person keeps the cell as it was exported, and is named; its feedback waits with it.
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from grader.checking.atomic import atomic_file
from grader.cli.lms.archive import Archive
from grader.cli.lms.model import Lms, Marks, Owned, Person
from grader.cli.lms.roster import Owners, shown, unique_numbers
from grader.cli.lms.table import Table
from grader.errors import UserError
from grader.grading.report import UNGRADED, points
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.feedback import write_all
from grader.nbgrader_plugin.gradebook import Row
from grader.submission.files import printable, read_file, regular_files
from grader.submission.language import gettext

MAX_PAGE_BYTES = 50 << 20
FEEDBACK = "feedback.zip"
NOT_KNOWN = "not in the gradebook: run roster or collect with this table"


@dataclass
class Returned:
    """marks, feedback: the files that were written. returned: number of students. lines: what a person should know."""

    marks: Path
    feedback: Path
    returned: int = 0
    pages: int = 0
    lines: list[str] = field(default_factory=list)


def return_marks(
    course: Course, lms: Lms, table: Table, download: Path | None, column: str = "", scale: bool = False
) -> Returned:
    """Write both files to returned/<assignment>/<lms>/. Raises UserError; then nothing was written.

    download: the archive of submissions, where the LMS delivers feedback to files. column: title of the marks' column.
    scale: convert marks to the LMS's maximum where it differs.
    """
    owners = Owners.of(lms, course.members())
    marks = lms.marks(table, column)
    unique_numbers(table, marks.people)
    rows = {row.student: row for row in course.grades()}
    factor = _factor(marks, max((row.maximum for row in rows.values()), default=0.0), scale)
    folder = course.root / "returned" / course.assignment / lms.name.casefold()
    result = Returned(folder / table.path.name, folder / FEEDBACK)
    people: dict[str, Person] = {}
    kept: dict[str, list[str]] = defaultdict(list)
    listed = set()
    for index, person in enumerate(marks.people):
        if person is None:
            continue
        if owners.members and person.number not in owners.members:  # it may be another student's id
            kept[NOT_KNOWN].append(shown(person))
            continue
        student = owners.student(person.number)
        listed.add(student)
        row = rows.get(student)
        reason = marks.locked.get(index) or reason_to_wait(course, student, row)
        if reason or row is None:
            kept[reason].append(printable(f"{person.name} ({student})" if person.name else student))
            continue
        people[student] = person
        cells, mark = marks.table.rows[index], points(row.total * factor)
        if (before := cells[marks.column].strip()) and not _equal(before, mark):
            result.lines.append(f"{shown(person)}: {printable(before)} in {lms.name} becomes {mark}")
        if marks.maximum is not None and row.total * factor > marks.maximum:
            result.lines.append(f"{shown(person)}: {mark} is above the maximum in {lms.name}, which may refuse it")
        cells[marks.column] = mark
    result.lines += [f"cell left as it was: {reason}: {', '.join(names)}" for reason, names in kept.items()]
    if missing := sorted(student for student, row in rows.items() if row.submitted and student not in listed):
        names = ", ".join(map(printable, missing))
        result.lines.append(f"not in {table.path.name}, so their marks are not returned: {names}")
    pages = _pages(course, people, result)
    files = _files(owners, download) if download else {}
    _pack(course, lms, people, pages, files, result)
    marks.table.write(result.marks)
    result.returned = len(people)
    return result


def reason_to_wait(course: Course, student: str, row: Row | None) -> str:
    """Why a mark must not be returned, or ""."""
    submitted = course.folder("submitted", student)
    if row is None or not row.submitted:
        return "submitted, but not graded: the end of make grade says why" if submitted.is_dir() else "no submission"
    if row.ungraded:
        return f"waits for a person ({gettext(UNGRADED)})"
    if row.penalty is None:
        return "the time of submission cannot be read, so a person decides about a penalty"
    if row.removed:
        return "the submission is not there any more"
    if not any(course.folder("autograded", student).glob("*.ipynb")):
        return "not graded: run make grade"
    if not (graded := course.graded_digest(student)):
        return "graded by an earlier version, which did not keep what it graded: run make grade"
    if graded != course.submission_digest(student):
        forced = f"nbgrader autograde {course.assignment} --force"
        return f"submitted again since it was graded: run make grade (or, if that finds nothing to do, {forced})"
    return ""


def _factor(marks: Marks, maximum: float, scale: bool) -> float:
    """By what marks are multiplied. Raises UserError if the maxima differ and `scale` is not set."""
    if marks.maximum is None or not maximum > 0 or marks.maximum == maximum:
        return 1.0
    if not scale:
        raise UserError(
            f"{marks.table.path} has a maximum of {points(marks.maximum)} points, this assignment {points(maximum)}: "
            f"set it to {points(maximum)} in the LMS and export again, or convert the marks with --scale."
        )
    return marks.maximum / maximum


def _equal(first: str, second: str) -> bool:
    try:
        return float(first.replace(",", ".")) == float(second)
    except ValueError:
        return False


def _pages(course: Course, students: Mapping[str, Person], result: Returned) -> dict[str, list[Path]]:
    """The feedback pages of students; written again where they do not show the grades as they are now."""
    found = {student: _written(course, student) for student in students}
    stale = set(course.with_stale_feedback(students))
    old = [student for student, pages in found.items() if not pages or student in stale]

    def on_done(student: str, reason: str) -> None:
        if reason:
            result.lines.append(f"{shown(students[student])}: no feedback written: {reason}")
        found[student] = [] if reason else _written(course, student)

    write_all(course, old, on_done)
    return found


def _written(course: Course, student: str) -> list[Path]:
    folder = course.folder("feedback", student)
    return [path for path in regular_files(folder) if path.parent == folder and path.suffix == ".html"]


def _files(owners: Owners, download: Path) -> dict[str, list[Owned]]:
    """The files of the download by the LMS's number. Raises UserError."""
    found: dict[str, list[Owned]] = defaultdict(list)
    with Archive(download) as archive:
        for entry in archive.entries:
            with suppress(ValueError):  # `collect` has named it
                owned = owners.find(entry.path)
                found[owned.number].append(owned)
    return found


def _pack(
    course: Course,
    lms: Lms,
    people: Mapping[str, Person],
    pages: Mapping[str, Sequence[Path]],
    files: Mapping[str, Sequence[Owned]],
    result: Returned,
) -> None:
    with atomic_file(result.feedback) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for student, person in people.items():
            by_name = {page.name: page for page in pages[student]}
            paths = lms.feedback_paths(person, list(by_name), files.get(person.number, ()))
            for name, path in paths.items():
                try:
                    content = read_file(by_name[name], MAX_PAGE_BYTES)
                except (ValueError, OSError) as error:
                    result.lines.append(f"{shown(person)}: {name} is not in {FEEDBACK}, send it yourself: {error}")
                    continue
                packed.writestr(path, content)
                result.pages += 1
            if len(paths) < len(by_name):
                result.lines.append(f"{shown(person)}: {lms.name} has no file of theirs to attach feedback to")
