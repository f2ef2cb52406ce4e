"""Corrections to the scores in nbgrader's gradebook: a result that is not understood waits for manual grading."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.coursedir import CourseDirectory

from grader.checking.assignment import find
from grader.grading.report import UNREADABLE
from grader.nbgrader_plugin.gradebook import score_of, total_of
from grader.nbgrader_plugin.jobs import language_of, parsed
from grader.nbgrader_plugin.saving.manual_marks import waits
from grader.nbgrader_plugin.saving.transaction import open_gradebook
from grader.submission.files import is_student_name
from grader.submission.language import gettext, speaking
from grader.submission.overlooked import Overlooked, list_names


def flag_for_review(nb: NotebookNode, ids: Mapping[str, Any], instead_of: Collection[str] = ()) -> None:
    """Correct the scores that nbgrader has saved for a graded notebook where manual grading is needed.

    A checks cell without a number gets no score, instead of nbgrader's full marks. A notebook that could not be read
    keeps its 0 points and gets the reason as comment. ids: `resources["nbgrader"]`.
    instead_of: if the notebook is untouched, other files that may be the student's work: then it has no score.
    """
    where = ids["notebook"], ids["assignment"], ids["student"]
    if instead_of:
        with speaking(language_of(nb)):
            reason = gettext("{notebook} は配布されたままです。ほかに {names} が提出されています")
        reason = reason.format(notebook=f"{ids['notebook']}.ipynb", names=list_names(instead_of))
        with open_gradebook(ids["db_url"]) as gradebook:
            ask_person(gradebook.find_submission_notebook(*where), reason)
            gradebook.db.commit()
        return
    reason = unreadable_reason(nb)
    graded = [cell for cell in nb.cells if utils.is_grade(cell)]
    unscored = [cell for cell in graded if _is_checks_cell(cell, ids["assignment"]) and not has_number(cell)]
    flagged = graded if reason else unscored
    if not flagged:
        return
    with open_gradebook(ids["db_url"]) as gradebook:
        for cell in flagged:
            gradebook.find_grade(cell.metadata.nbgrader.grade_id, *where).needs_manual_grade = True
        for cell in unscored:
            gradebook.find_grade(cell.metadata.nbgrader.grade_id, *where).auto_score = None
        for cell in nb.cells if reason else ():
            if utils.is_solution(cell) or utils.is_task(cell):
                gradebook.find_comment(cell.metadata.nbgrader.grade_id, *where).auto_comment = reason
        gradebook.db.commit()


def _is_checks_cell(cell: NotebookNode, assignment_id: str) -> bool:
    assignment = find(assignment_id)
    if assignment is None or cell.cell_type != "code":
        return False
    return assignment.checks_for(cell.metadata.nbgrader.grade_id) is not None


def unreadable_reason(nb: NotebookNode) -> str:
    """Why the submission in a graded notebook could not be read, or ""; `report.checks_output` records it."""
    outputs = (output for cell in nb.cells for output in cell.get("outputs", ()))
    reasons = (output.get("metadata", {}).get(UNREADABLE) for output in outputs)
    return next((str(reason) for reason in reasons if reason is not None), "")


def has_number(cell: NotebookNode) -> bool:
    """Whether the cell's only output is a number that nbgrader reads as points."""
    try:
        (output,) = cell.outputs
        number = float(output.data["text/plain"])
        return bool(output.output_type == "execute_result" and 0 <= number <= cell.metadata.nbgrader.points)
    except (ValueError, KeyError, AttributeError, TypeError):
        return False


def ask_person(notebook: SubmittedNotebook, reason: str) -> None:
    """Remove a notebook's automatic scores, so that it waits for manual grading, with the reason as comment."""
    for grade in notebook.grades:
        grade.auto_score, grade.needs_manual_grade = None, True
    for comment in notebook.comments:
        comment.auto_comment = reason


def ask_about_missing(
    submission: SubmittedAssignment,
    folder: Path,
    found: Overlooked,
    releases: Mapping[str, bytes],
    otherwise: str,
) -> None:
    """Ask a person about each notebook that is missing if another file in the folder may be it.

    releases: the released notebooks by name. otherwise: the language where they state none.
    """
    for notebook in submission.notebooks:
        if os.path.lexists(folder / f"{notebook.name}.ipynb"):
            continue
        for comment in notebook.comments:
            comment.auto_comment = None
        if others := found.instead_of.get(notebook.name):
            with speaking(language_of(parsed(releases[notebook.name]), otherwise)):
                reason = gettext("{notebook} がありません。提出されたのは {names} です")
            ask_person(notebook, reason.format(notebook=f"{notebook.name}.ipynb", names=list_names(others)))


def tell_decisions(nb: NotebookNode, ids: MutableMapping[str, Any]) -> None:
    """Put into a notebook for feedback what a person has decided, and what the gradebook says of the assignment.

    nbgrader has put 0 where a person has yet to grade, or a mark that is not confirmed: that becomes None, and is left
    out of the total. Grades get `manual` (a person gave the points) and `extra`; comments get `by_person`.
    ids: see above; gets the student's name, or "", and the assignment's total, its maximum and whether cells wait.
    """
    with open_gradebook(ids["db_url"]) as gradebook:
        notebook = gradebook.find_submission_notebook(ids["notebook"], ids["assignment"], ids["student"])
        grades = {grade.name: grade for grade in notebook.grades}
        comments = {comment.name: comment for comment in notebook.comments}
        for cell in nb.cells:
            about = cell.metadata.get("nbgrader", {})
            if (utils.is_grade(cell) or utils.is_task(cell)) and (grade := grades.get(about["grade_id"])):
                about["manual"], about["extra"] = grade.manual_score is not None, grade.extra_credit or 0.0
                about["score"] = None if waits(grade) else float(grade.score)
            if comment := comments.get(about.get("grade_id")):
                about["by_person"] = comment.manual_comment is not None
        ids["score"] = max(0.0, sum(score_of(grade) for grade in notebook.grades) - ids["late_penalty"])
        submission = notebook.assignment
        ids["total"], _ = total_of(submission)
        ids["total_max"] = float(submission.max_score)
        ids["total_waits"] = any(waits(grade) for each in submission.notebooks for grade in each.grades)
        ids["first_name"], ids["last_name"] = submission.student.first_name or "", submission.student.last_name or ""


def clear_scores(course: CourseDirectory, student: str, assignment_id: str) -> None:
    """Remove the automatic scores of a student's earlier submission and flag the new one for manual grading.

    Does nothing for an unknown assignment.
    """
    if not is_student_name(student):
        return
    with open_gradebook(course.db_url, course.course_id) as gradebook:
        try:
            gradebook.find_assignment(assignment_id)
        except MissingEntry:
            return
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(assignment_id, student)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()
