"""Keep a person's mark when a submission is graded again and what was marked has not changed.

nbgrader asks for every mark to be confirmed again after each run. A mark for a text that has changed does wait: until
it is confirmed, it is shown in formgrader only and counts nowhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
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
    """A confirmed mark: what was marked, see `_marked`, and the cell's automatic score when it was given."""

    work: str
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
        works = _works(autograded / f"{notebook.name}.ipynb") if marked else {}
        for grade in marked:
            if grade.name in works:
                marks[notebook.name, grade.name] = Mark(works[grade.name], grade.auto_score)
    return marks


def keep_confirmed(nb: NotebookNode, ids: Mapping[str, Any], marks: Marks) -> None:
    """Confirm again the marks of a notebook whose scores nbgrader has just saved, where nothing has changed.

    ids: `resources["nbgrader"]`.
    """
    works = _works_of(nb.cells)
    where = ids["notebook"], ids["assignment"], ids["student"]
    marked = [c for c in nb.cells if utils.is_grade(c) and (ids["notebook"], c.metadata.nbgrader.grade_id) in marks]
    if not marked:
        return
    with open_gradebook(ids["db_url"]) as gradebook:
        for cell in marked:
            mark = marks[ids["notebook"], cell.metadata.nbgrader.grade_id]
            grade = gradebook.find_grade(cell.metadata.nbgrader.grade_id, *where)
            same = works.get(cell.metadata.nbgrader.grade_id) == mark.work
            if same and (utils.is_solution(cell) or grade.auto_score == mark.auto_score):
                grade.needs_manual_grade = False
        gradebook.db.commit()


def _works(path: Path) -> dict[str, str]:
    """`_works_of` a graded notebook; empty if it cannot be read."""
    try:
        return _works_of(json.loads(read_file(path, MAX_GRADED_BYTES))["cells"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _works_of(cells: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What a person marks with each cell, as a digest, by grade_id."""
    about = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    names = {index: own["grade_id"] for index, own in enumerate(about) if own.get("grade_id")}
    return {name: _digest(_marked(cells, about, index)) for index, name in names.items()}


def _marked(
    cells: Sequence[Mapping[str, Any]], about: Sequence[Mapping[str, Any]], index: int
) -> list[Mapping[str, Any]]:
    """The cells on which a mark depends.

    Of a checks cell, which never changes itself: all code above it that the instructor has not locked. Of an answer:
    the cell, and the cells beside it that are neither graded nor an answer, in which a student may have written.
    """
    if about[index].get("grade") and not about[index].get("solution"):
        above = range(index)
        return [cells[i] for i in above if cells[i]["cell_type"] == "code" and not about[i].get("locked")]
    beside = (i for i in (index - 1, index + 1) if 0 <= i < len(cells) and not about[i].get("grade_id"))
    return [cells[i] for i in sorted([index, *beside])]


def _digest(cells: Iterable[Mapping[str, Any]]) -> str:
    """Of the sources and the pasted pictures."""
    contents = [["".join(cell["source"]), cell.get("attachments") or {}] for cell in cells]
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()
