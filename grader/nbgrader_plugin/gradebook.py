"""Read a class's grades from nbgrader's gradebook; write them as `grades.csv` and as a table for the terminal."""

from __future__ import annotations

import csv
import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin
from rich import box
from rich.table import Table
from rich.text import Text

from grader.checking.assignment import other_editions
from grader.checking.atomic import atomic_write
from grader.grading.report import UNGRADED, points
from grader.nbgrader_plugin.jobs import course_language
from grader.nbgrader_plugin.saving.manual_marks import waits
from grader.nbgrader_plugin.timestamps import exchange_zone, read_time, submission_folder
from grader.submission.files import printable, student_name_problem
from grader.submission.language import gettext, speaking
from grader.submission.overlooked import list_names, other_notebooks

MAX_SHOWN = 24  # characters of a student's name in the terminal's table
STOCK_COMMENTS = (None, "No response.")  # nbgrader's own automatic comments


@dataclass(frozen=True)
class Row:
    """One student's grades for one assignment.

    scores: points by grade_id, in the notebooks' order; None where a person has yet to grade, or to confirm a mark from
    before a change. total: sum of the scores minus `penalty`, both in points. penalty: for late submission;
    None where the time of submission could not be read: then there is none, and a person decides.
    submitted: False if there is no submission. removed: its folder is not there any more, only its grades are.
    ungraded: number of the cells that are None.
    remarks: what a person should look at, one for each notebook or file.
    """

    assignment: str
    student: str
    scores: dict[str, float | None]
    penalty: float | None
    total: float
    maximum: float
    submitted: bool
    ungraded: int = 0
    remarks: tuple[str, ...] = ()
    removed: bool = False


def rows(gradebook: Gradebook, assignment_id: str, course: CourseDirectory) -> list[Row]:
    """All students of an assignment, by id. Raises nbgrader's MissingEntry for an unknown assignment.

    Students who have submitted only in another language have their row there. course: its folders; the time of a
    submission is read there.
    """
    assignment = gradebook.find_assignment(assignment_id)
    notebooks = sorted(assignment.notebooks, key=lambda notebook: str(notebook.name))
    cells = _graded_cells(notebooks)
    remarks_of: dict[str, list[str]] = defaultdict(list)
    for student_id, remark in _remarks(gradebook, assignment_id):
        remarks_of[student_id].append(remark)
    maximum, editions = sum(cells.values()), other_editions(assignment_id)
    found = []
    for student in sorted(gradebook.students, key=lambda student: str(student.id)):
        try:
            submission = gradebook.find_submission(assignment_id, student.id)
        except MissingEntry:
            if any(_submitted(gradebook, other, student.id) for other in editions):
                continue
            found.append(Row(assignment_id, student.id, dict.fromkeys(cells, 0.0), 0.0, 0.0, maximum, False))
            continue
        grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
        scores = {cell: _score(grades.get(cell)) for cell in cells}
        ungraded = sum(map(waits, grades.values()))
        total, penalty = total_of(submission)
        folder = submission_folder(course, assignment_id, student.id)
        removed = not os.path.isdir(folder)
        told, late = remarks_of[student.id], read_time(folder, exchange_zone(course)).problem
        names = {f"{notebook.name}.ipynb" for notebook in notebooks}
        if others := other_notebooks(folder, names):
            told.append(f"submitted, but not under an expected name: {list_names(others)}")
        if late:
            told.append(f"{late}; no late penalty was applied")
        if removed:
            told.append("the submission folder is not there any more; these are the grades of an earlier run")
        row = assignment_id, student.id, scores, None if late else penalty, total, maximum, True
        found.append(Row(*row, ungraded, tuple(told), removed))
    return found


def refused_rows(gradebook: Gradebook, assignment_id: str, reasons: Mapping[str, str]) -> list[Row]:
    """Rows without points for students who are not in the gradebook, because their names are refused, by name.

    reasons: by student. Raises nbgrader's MissingEntry for an unknown assignment.
    """
    notebooks = sorted(gradebook.find_assignment(assignment_id).notebooks, key=lambda notebook: str(notebook.name))
    cells = _graded_cells(notebooks)
    return [
        Row(assignment_id, printable(student), dict.fromkeys(cells), 0.0, 0.0, sum(cells.values()), True, len(cells),
            (reason,))
        for student, reason in sorted(reasons.items())
        if student_name_problem(student)
    ]  # fmt: skip


def total_of(submission: SubmittedAssignment) -> tuple[float, float]:
    """The points of a submission so far, and the late penalty that they are without; both at least 0."""
    scores = sum(score_of(grade) for notebook in submission.notebooks for grade in notebook.grades)
    penalty = float(submission.late_submission_penalty or 0.0)
    return max(0.0, scores - penalty), penalty


def score_of(grade: Grade) -> float:
    """The points that count so far: 0 where a person has yet to grade."""
    return 0.0 if waits(grade) else float(grade.score)


def _submitted(gradebook: Gradebook, assignment_id: str, student: str) -> bool:
    try:
        return bool(gradebook.find_submission(assignment_id, student))
    except MissingEntry:
        return False


def _score(grade: Grade | None) -> float | None:
    """None where a person has yet to grade; 0 for a cell that the submission does not have."""
    if grade is None:
        return 0.0
    return None if waits(grade) else float(grade.score)


def _graded_cells(notebooks: Iterable[Notebook]) -> dict[str, float]:
    """Points by grade_id, in the notebooks' order."""
    cells = (cell for notebook in notebooks for cell in (*notebook.grade_cells, *notebook.task_cells))
    return {cell.name: float(cell.max_score) for cell in cells}


def _remarks(gradebook: Gradebook, assignment_id: str) -> list[tuple[str, str]]:
    """(student, reason) for each submission that needs review: the plug-in's automatic comments, sorted."""
    comments = gradebook.db.query(SubmittedAssignment.student_id, Notebook.name, Comment.auto_comment)
    comments = comments.select_from(Comment).join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
    comments = comments.join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
    comments = comments.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
    comments = comments.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    comments = comments.filter(Assignment.name == assignment_id, Comment.auto_comment.is_not(None)).distinct()
    found = [(student, f"{notebook}: {text}") for student, notebook, text in comments if text not in STOCK_COMMENTS]
    return sorted(found)


def write_csv(path: Path, table: Sequence[Row]) -> None:
    """Write one line for each student, atomically."""
    text, ungraded = StringIO(newline=""), gettext(UNGRADED)
    writer = csv.writer(text)
    cells = list(table[0].scores) if table else []
    about = ["late_submission_penalty", "score", "max_score", "ungraded", "remarks"]
    writer.writerow(["assignment", "student_id", *cells, *about])
    for row in table:
        scores = [ungraded if score is None else points(score) for score in row.scores.values()]
        penalty = ungraded if row.penalty is None else points(row.penalty)
        total = [penalty, points(row.total), points(row.maximum), row.ungraded]
        told = _not_a_formula("; ".join(map(printable, row.remarks)))
        writer.writerow([row.assignment, _not_a_formula(row.student), *scores, *total, told])
    atomic_write(path, text.getvalue().encode("utf-8-sig"))  # spreadsheets detect UTF-8 by its mark


def _not_a_formula(text: str) -> str:
    """Quote a text that a spreadsheet would take for a formula.

    Some ignore what cannot be seen before it, and read full-width signs as the usual ones.
    """
    shown = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isprintable()).lstrip()
    return f"'{text}" if shown.startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r")) else text


def class_table(table: Sequence[Row], title: str) -> Table:
    """A table with a row for each student and a column for each graded cell, and the total."""
    view = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    view.add_column("student", overflow="fold")
    for cell in table[0].scores if table else ():
        name = cell.removesuffix("_checks").replace("observation", "obs.").replace("_", "\n")
        view.add_column(name, justify="right", overflow="fold")
    maximum = points(max((row.maximum for row in table), default=0.0))
    view.add_column(f"total\n/ {maximum}", justify="right", overflow="fold")
    for row in table:
        scores = [
            "" if not row.submitted else gettext(UNGRADED) if s is None else points(s) for s in row.scores.values()
        ]
        total = points(row.total) if row.submitted else gettext("未提出")
        name = short_name(row.student)
        name = gettext("{student}（提出なし）").format(student=name) if row.removed else name
        view.add_row(Text(name), *scores, total)
    return view


def short_name(student: str) -> str:
    """A student's name as the terminal shows it: the start and the end of a long one, which differ most."""
    shown = printable(student)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[: MAX_SHOWN // 2]}…{shown[1 - MAX_SHOWN // 2 :]}"


class GradesExporter(ExportPlugin):  # type: ignore[misc]
    """`nbgrader export`: the same `grades.csv` as `make grade`, for all assignments or those given by --assignment."""

    def export(self, gradebook: Gradebook) -> None:
        """Write it to the path given by `--to`, by default `grades.csv` in the working directory."""
        wanted = [str(name) for name in self.assignment] or [assignment.name for assignment in gradebook.assignments]
        students = {str(name) for name in self.student}
        course = self.parent.coursedir
        found = [row for name in wanted for row in rows(gradebook, name, course)]
        table = [row for row in found if not students or row.student in students]
        with speaking(course_language(course)):
            write_csv(Path(self.to or "grades.csv"), table)
