"""Keep a person's mark when a submission is graded again and what was marked has not changed.

nbgrader asks for every mark to be confirmed again after each run. A mark for a text that has changed does wait: until
it is confirmed, it is shown in formgrader only and counts nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Grade, Gradebook, MissingEntry

from grader.nbgrader_plugin.saving.transaction import open_gradebook
from grader.submission.files import read_file

MAX_GRADED_BYTES = 200 << 20  # of a graded notebook; outputs and kept pictures are bounded to less


@dataclass(frozen=True)
class Mark:
    """A confirmed mark: the cell's source and its automatic score when it was given."""

    source: str
    auto_score: float | None


Marks = Mapping[tuple[str, str], Mark]  # by notebook and grade_id


def waits(grade: Grade) -> bool:
    """Whether a person has yet to grade the cell, or to confirm a mark from before the last run: it has no score."""
    return bool(grade.needs_manual_grade) or (grade.manual_score is None and grade.auto_score is None)


def confirmed_marks(gradebook: Gradebook, assignment_id: str, student: str, autograded: Path) -> Marks:
    """The confirmed marks of a graded submission; none where its notebooks cannot be read. autograded: its folder."""
    try:
        submission = gradebook.find_submission(assignment_id, student)
    except MissingEntry:
        return {}
    marks: dict[tuple[str, str], Mark] = {}
    for notebook in submission.notebooks:
        marked = [g for g in notebook.grades if g.manual_score is not None and not g.needs_manual_grade]
        sources = _sources(autograded / f"{notebook.name}.ipynb") if marked else {}
        for grade in marked:
            if grade.name in sources:
                marks[notebook.name, grade.name] = Mark(sources[grade.name], grade.auto_score)
    return marks


def keep_confirmed(nb: NotebookNode, ids: Mapping[str, Any], marks: Marks) -> None:
    """Confirm again the marks of a notebook whose scores nbgrader has just saved, where nothing has changed.

    Of an answer the text counts, of a checks cell its automatic score. ids: `resources["nbgrader"]`.
    """
    where = ids["notebook"], ids["assignment"], ids["student"]
    marked = [c for c in nb.cells if utils.is_grade(c) and (ids["notebook"], c.metadata.nbgrader.grade_id) in marks]
    if not marked:
        return
    with open_gradebook(ids["db_url"]) as gradebook:
        for cell in marked:
            mark = marks[ids["notebook"], cell.metadata.nbgrader.grade_id]
            grade = gradebook.find_grade(cell.metadata.nbgrader.grade_id, *where)
            if cell.source == mark.source and (utils.is_solution(cell) or grade.auto_score == mark.auto_score):
                grade.needs_manual_grade = False
        gradebook.db.commit()


def _sources(path: Path) -> dict[str, str]:
    """The sources of a graded notebook's cells, by grade_id; empty if it cannot be read."""
    try:
        cells = json.loads(read_file(path, MAX_GRADED_BYTES))["cells"]
        named = ((cell["metadata"].get("nbgrader", {}).get("grade_id"), "".join(cell["source"])) for cell in cells)
        return {name: source for name, source in named if name}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
