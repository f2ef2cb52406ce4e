"""What was handed in → the instructor's notebook with the student's answers in it.

The student's file is never patched: the result is the released notebook, cell by cell, with the text of the student's
solution cells, their changes to unlocked lesson cells, and the cells that they added as plain ones. Metadata, points
and checks are always the instructor's; Markdown of a student's is made harmless.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader import harmless
from grader.cells import MAX_PICTURE, MAX_PICTURES, Handed, cells_of
from grader.match import Match, is_locked, is_solution

MAX_SOURCE = 200_000  # characters of one cell
MAX_MARKDOWN = 100_000  # characters of a student's Markdown that are rendered as such, in one notebook; then plain text
KEPT_TAG = "keep-output"  # on training and figure cells: what a person needs beside the observation
KEPT_TEXT, KEPT_TOTAL = 20_000, MAX_PICTURES  # characters of one output, bytes of all
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True)
class Sanitised:
    """notebook: ready to run, without outputs. handed_in: for each observation cell (by id) the outputs kept for it.

    notes: what was repaired; unreadable: why there is nothing of the student's in it, or "".
    """

    notebook: NotebookNode
    handed_in: dict[str, list[NotebookNode]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unreadable: str = ""


def sanitise(submitted: bytes | str, release: bytes) -> Sanitised:
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
        return Sanitised(notebook, unreadable=str(error))
    match = Match(notebook.cells, handed)
    kept = _handed_in(notebook.cells, match.found)
    answers = _Answers({cell.id for cell in notebook.cells})
    extras = match.extras()
    rebuilt = [answers.plain(h) for h in extras.get(-1, [])]
    for index, cell in enumerate(notebook.cells):
        if (answer := match.found.get(index)) and not is_locked(cell) and answer.source != cell.source:
            if len(answer.source) <= MAX_SOURCE:
                answers.fill(cell, answer)
            else:
                match.note("long", cell)
        rebuilt += [cell, *(answers.plain(h) for h in extras.get(index, []))]
    notebook.cells = rebuilt
    return Sanitised(notebook, kept, match.notes())


class _Answers:
    """Puts a student's text into cells. taken: ids that are in use."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._room = MAX_MARKDOWN

    def fill(self, cell: NotebookNode, answer: Handed) -> None:
        """The answer's text, and its pictures, into the instructor's cell."""
        if cell.cell_type == "code":
            cell.source = answer.source
            return
        cell.source = self._markdown(answer)
        if cell.source == answer.source and answer.attachments:
            cell.attachments = answer.attachments

    def plain(self, h: Handed) -> NotebookNode:
        """A student's own cell: its text and nothing else."""
        cell = NotebookNode(nbformat.v4.new_code_cell() if h.kind == "code" else nbformat.v4.new_markdown_cell())
        wanted = h.id if CELL_ID.fullmatch(h.id) and h.id not in self._taken else f"added-{len(self._taken)}"
        while wanted in self._taken:
            wanted += "-"
        self._taken.add(wanted)
        cell.id = wanted
        self.fill(cell, replace(h, source=h.source[:MAX_SOURCE]))
        return cell

    def _markdown(self, h: Handed) -> str:
        self._room -= len(h.source)
        return harmless.markdown(h.source, h.attachments) if self._room >= 0 else harmless.verbatim(h.source)


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
