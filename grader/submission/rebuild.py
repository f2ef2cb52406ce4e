"""What was handed in → the instructor's notebook with the student's answers in it.

The student's file is never patched: the result is the released notebook, cell by cell, with the text of the student's
solution cells, their changes to unlocked lesson cells, and the cells that they added as plain ones. Metadata, points
and checks are always the instructor's; Markdown of a student's is made harmless.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.submission import clean_html as harmless
from grader.submission.match import Match, is_locked, is_solution
from grader.submission.parse import MAX_PICTURE, MAX_PICTURES, Handed, cells_of

MAX_SOURCE = 50_000  # characters of one cell; pages are highlighted by patterns, some of which are quadratic in it
MAX_CODE = 200_000  # characters of a student's code in one notebook, 2 s of highlighting; a release has 16,000
MAX_MARKDOWN = 100_000  # characters of a student's Markdown that are rendered as such, in one notebook; then plain text
KEPT_TAG = "keep-output"  # on training and figure cells: what a person needs beside the observation
KEPT_TEXT, KEPT_TOTAL = 20_000, MAX_PICTURES  # characters of one output, bytes of all
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
OURS = "grader-", "handed-in-"  # how `report` begins the ids of cells that it adds
MAX_SPACE, MAX_BLANK, MAX_INDENT = 200, 50, 100  # characters of white space in a row; lines and characters kept of more
SPACE = re.compile(rf"\s{{{MAX_SPACE},}}")
FLAGS = re.compile(rf"%[-#0 +]{{{MAX_SPACE},}}")  # of a format such as %05d, where many zeros are as good as one
NAMED = re.compile(r"\\N\{(?=[^}\n]{100})")  # \N{BULLET}: a name of 100 characters is an error with and without a brace


@dataclass(frozen=True)
class Rebuilt:
    """notebook: ready to run, without outputs. handed_in: for each observation cell (by id) the outputs kept for it.

    notes: what was repaired; unreadable: why there is nothing of the student's in it, or "".
    """

    notebook: NotebookNode
    handed_in: dict[str, list[NotebookNode]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unreadable: str = ""


def rebuild(submitted: bytes | str, release: bytes) -> Rebuilt:
    """Rebuild a submission from the released notebook. Raises nothing for whatever `submitted` is.

    submitted: the file's bytes, or the reason why they could not be had.
    """
    notebook = nbformat.reads(release.decode(), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    try:
        if isinstance(submitted, str):
            raise ValueError(submitted)
        handed = cells_of(submitted)
    except ValueError as error:
        return Rebuilt(notebook, unreadable=str(error))
    match = Match(notebook.cells, handed)
    kept = _handed_in(notebook.cells, match.found)
    answers = _Answers({cell.id for cell in notebook.cells})
    extras = match.extras()
    rebuilt = [answers.plain(h) for h in extras.get(-1, [])]
    for index, cell in enumerate(notebook.cells):
        if (answer := match.found.get(index)) and not is_locked(cell) and answer.source != cell.source:
            answers.fill(cell, answer)
        rebuilt += [cell, *(answers.plain(h) for h in extras.get(index, []))]
    for cell in answers.too_long:
        match.note("long", cell)
    notebook.cells = rebuilt
    return Rebuilt(notebook, kept, match.notes())


class _Answers:
    """Puts a student's text into cells. taken: ids that are in use. too_long: cells that had to stay as they were."""

    def __init__(self, taken: set[str]) -> None:
        self.too_long: list[NotebookNode] = []
        self._taken, self._numbers = taken, count(len(taken))
        self._code, self._markdown = MAX_CODE, MAX_MARKDOWN

    def fill(self, cell: NotebookNode, answer: Handed) -> None:
        """The answer's text, and its pictures, into the instructor's cell."""
        source = calm(answer.source)
        is_code = cell.cell_type == "code"
        if len(source) > (min(MAX_SOURCE, self._code) if is_code else MAX_SOURCE):
            self.too_long.append(cell)
        elif is_code:
            self._code -= len(source)
            cell.source = source
        else:
            self._markdown -= len(source)
            rendered = self._markdown >= 0
            cell.source = harmless.markdown(source, answer.attachments) if rendered else harmless.verbatim(source)
            if cell.source == source and answer.attachments:
                cell.attachments = answer.attachments

    def plain(self, h: Handed) -> NotebookNode:
        """A student's own cell: its text and nothing else."""
        cell = NotebookNode(nbformat.v4.new_code_cell() if h.kind == "code" else nbformat.v4.new_markdown_cell())
        cell.id = self._id(h.id)
        self.fill(cell, h)
        return cell

    def _id(self, wanted: str) -> str:
        """The wanted one if it can be an id, is nobody's, and none that the grader gives; else one with a number."""
        if not CELL_ID.fullmatch(wanted) or wanted in self._taken or wanted.startswith(OURS):
            wanted = next(name for number in self._numbers if (name := f"added-{number}") not in self._taken)
        self._taken.add(wanted)
        return wanted


def calm(source: str) -> str:
    """A text without what makes pygments slow: its patterns look at the rest of such a run from each place in it.

    Python still does the same, but for what is inside a string; what no one would write by hand alone is changed.
    """
    source = SPACE.sub(_shorter, source)
    source = FLAGS.sub(lambda run: run[0][:MAX_SPACE], source)
    return NAMED.sub(r"\\N ", source)


def _shorter(space: re.Match[str]) -> str:
    """Less white space: line breaks, and the indentation of what follows."""
    *lines, indentation = re.split(r"\r\n?|\n", space[0])
    return "\n" * min(len(lines), MAX_BLANK) + indentation[:MAX_INDENT]


def _handed_in(cells: list[NotebookNode], matched: dict[int, Handed]) -> dict[str, list[NotebookNode]]:
    """For each observation cell the outputs, as handed in, of the tagged cells since the one before."""
    kept: dict[str, list[NotebookNode]] = {}
    pending: list[NotebookNode] = []
    room = KEPT_TOTAL
    for index, cell in enumerate(cells):
        if KEPT_TAG in cell.metadata.get("tags", ()) and index in matched:
            for output in map(_kept, matched[index].outputs):
                if output is not None and (size := len(json.dumps(output))) <= room:
                    pending.append(output)
                    room -= size
        if is_solution(cell) and cell.metadata.nbgrader.get("grade"):
            kept[cell.id], pending = pending, []
    return kept


def _kept(output: Any) -> NotebookNode | None:
    """An output as text or PNG, or None. Nothing that a machine reads as a score."""
    if not isinstance(output, dict):
        return None
    data = output.get("data")
    if isinstance(data, dict) and (png := harmless.picture(data.get("image/png"), MAX_PICTURE)):
        return NotebookNode(nbformat.v4.new_output("display_data", {"image/png": png, "text/plain": "<Figure>"}))
    plain = data.get("text/plain") if isinstance(data, dict) else output.get("text", output.get("evalue"))
    text = harmless.text(plain)[:KEPT_TEXT]
    return NotebookNode(nbformat.v4.new_output("stream", name="stdout", text=text + "\n")) if text else None
