"""A class's grades out of nbgrader's gradebook: rows, `grades.csv`, the table at the end of a run."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Comment, Gradebook, MissingEntry, Notebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import ExportPlugin
from rich import box
from rich.table import Table
from rich.text import Text

from grader.grading.report import UNGRADED, points

SILENT = (None, "No response.")  # nbgrader's own automatic comments


@dataclass(frozen=True)
class Row:
    """One student's grades for one assignment.

    scores: by grade_id in the notebooks' order; None where a person has yet to grade. total: of what is graded, after
    `penalty` points for lateness. submitted: whether anything was handed in. ungraded: how many cells wait for a
    person, those with a 0 for a file that could not be read among them; remarks: why, by notebook.
    """

    assignment: str
    student: str
    scores: dict[str, float | None]
    penalty: float
    total: float
    maximum: float
    submitted: bool
    ungraded: int = 0
    remarks: tuple[str, ...] = ()


def rows(gradebook: Gradebook, assignment_id: str) -> list[Row]:
    """All students of an assignment, by id. Raises nbgrader's MissingEntry for an unknown assignment."""
    assignment = gradebook.find_assignment(assignment_id)
    notebooks = sorted(assignment.notebooks, key=lambda notebook: str(notebook.name))
    cells = {cell.name: float(cell.max_score) for notebook in notebooks for cell in notebook.grade_cells}
    told: dict[str, list[str]] = defaultdict(list)
    for student_id, remark in remarks(gradebook, assignment_id):
        told[student_id].append(remark)
    found = []
    for student in sorted(gradebook.students, key=lambda student: str(student.id)):
        try:
            submission = gradebook.find_submission(assignment_id, student.id)
        except MissingEntry:
            found.append(
                Row(assignment_id, student.id, dict.fromkeys(cells, 0.0), 0.0, 0.0, sum(cells.values()), False)
            )
            continue
        grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
        scores = {cell: _score(grades[cell]) if cell in grades else 0.0 for cell in cells}
        waiting = [g for g in grades.values() if g.manual_score is None and (g.needs_manual_grade or _score(g) is None)]
        penalty = float(submission.late_submission_penalty or 0.0)
        total = max(0.0, sum(score or 0.0 for score in scores.values()) - penalty)
        row = (assignment_id, student.id, scores, penalty, total, sum(cells.values()), True)
        found.append(Row(*row, len(waiting), tuple(told[student.id])))
    return found


def _score(grade: Any) -> float | None:
    if grade.manual_score is None and grade.auto_score is None:
        return None
    return float(grade.score)


def remarks(gradebook: Gradebook, assignment_id: str) -> list[tuple[str, str]]:
    """(student, why a person has to look): what `autograde` and `execute` left as comments, sorted."""
    comments = gradebook.db.query(SubmittedAssignment.student_id, Notebook.name, Comment.auto_comment)
    comments = comments.select_from(Comment).join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
    comments = comments.join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
    comments = comments.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
    comments = comments.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    comments = comments.filter(Assignment.name == assignment_id, Comment.auto_comment.is_not(None)).distinct()
    return sorted((student, f"{notebook}: {said}") for student, notebook, said in comments if said not in SILENT)


def write_csv(path: Path, table: Sequence[Row]) -> None:
    """One line a student; written whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    cells = list(table[0].scores) if table else []
    with unfinished.open("w", newline="", encoding="utf-8-sig") as file:  # the mark lets spreadsheets see UTF-8
        writer = csv.writer(file)
        writer.writerow(
            ["assignment", "student_id", *cells, "late_submission_penalty", "score", "max_score", "ungraded"]
        )
        for row in table:
            scores = [UNGRADED if score is None else points(score) for score in row.scores.values()]
            total = [points(row.penalty), points(row.total), points(row.maximum), row.ungraded]
            writer.writerow([row.assignment, _inert(row.student), *scores, *total])
    unfinished.replace(path)


def _inert(text: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def class_table(table: Sequence[Row], title: str) -> Table:
    """Student × checks cell, and the total."""
    view = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    view.add_column("student", overflow="fold")
    for cell in table[0].scores if table else ():
        name = cell.removesuffix("_checks").replace("observation", "obs.").replace("_", "\n")
        view.add_column(name, justify="right", overflow="fold")
    view.add_column("total", justify="right")
    for row in table:
        scores = ["" if not row.submitted else UNGRADED if s is None else points(s) for s in row.scores.values()]
        total = f"{points(row.total)} / {points(row.maximum)}" if row.submitted else "未提出"
        view.add_row(Text(row.student), *scores, total)
    return view


class GradesExporter(ExportPlugin):  # type: ignore[misc]
    """`nbgrader export`: the same `grades.csv` as `make grade`, for all assignments or those named by --assignment."""

    def export(self, gradebook: Gradebook) -> None:
        """Write it to `--to`, or to grades.csv here."""
        wanted = [str(name) for name in self.assignment] or [assignment.name for assignment in gradebook.assignments]
        students = {str(name) for name in self.student}
        table = [row for name in wanted for row in rows(gradebook, name) if not students or row.student in students]
        write_csv(Path(self.to or "grades.csv"), table)
