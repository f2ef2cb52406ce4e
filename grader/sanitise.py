"""What was handed in → the instructor's notebook with the student's answers in it.

The student's file is never patched: the result is the released notebook, cell by cell, with the text of the student's
solution cells, their changes to unlocked lesson cells, and the cells that they added as plain ones. Metadata, points
and checks are always the instructor's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

MAX_BYTES = 50 << 20  # a notebook with a hundred figures has 5 MB
MAX_CELLS = 2000
MAX_SOURCE = 200_000  # characters of one cell
KEPT_TAG = "keep-output"  # on training and figure cells: what a person needs beside the observation
KEPT_IMAGE, KEPT_TEXT, KEPT_TOTAL = 2 << 20, 20_000, 6 << 20  # bytes and characters; a figure has 30 kB
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True)
class Handed:
    """One cell as it was handed in; every field has its type, whatever the file said."""

    code: bool
    source: str
    id: str
    grade_id: str
    outputs: list[Any]
    attachments: dict[str, Any]


@dataclass(frozen=True)
class Sanitised:
    """notebook: ready to run, without outputs. handed_in: for each observation cell (by id) the outputs kept for it.

    notes: what was repaired, for the instructor; unreadable: why there is nothing of the student's in it, or "".
    """

    notebook: NotebookNode
    handed_in: dict[str, list[NotebookNode]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unreadable: str = ""


def sanitise(submitted: bytes, release: bytes) -> Sanitised:
    """Rebuild a submission from the released notebook. Raises nothing for whatever `submitted` is."""
    notebook = nbformat.reads(release.decode(), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    try:
        handed = list(cells_of(submitted))
    except ValueError as error:
        return Sanitised(notebook, unreadable=str(error))
    notes: list[str] = []
    matched = _match(notebook.cells, handed, notes)
    kept = _handed_in(notebook.cells, matched)
    rebuilt: list[NotebookNode] = []
    taken = {cell.id for cell in notebook.cells}
    extras = _extras(notebook.cells, handed, matched)
    rebuilt += [_plain(h, taken) for h in extras.get(-1, [])]
    for index, cell in enumerate(notebook.cells):
        answer = matched.get(index)
        if answer and not is_locked(cell):
            if answer.source != cell.source and len(answer.source) <= MAX_SOURCE:
                cell.source = answer.source
            if answer.attachments and cell.cell_type == "markdown":
                cell.attachments = answer.attachments
        elif answer is None and is_solution(cell):
            notes.append(f"{cell.id}: 解答セルがありません")
        rebuilt.append(cell)
        rebuilt += [_plain(h, taken) for h in extras.get(index, [])]
    notebook.cells = rebuilt
    return Sanitised(notebook, kept, tuple(notes))


def cells_of(submitted: bytes) -> Iterator[Handed]:
    """The cells of a notebook file of any format. Raises ValueError with the reason where it is none."""
    if len(submitted) > MAX_BYTES:
        raise ValueError(f"ファイルが大きすぎます（{len(submitted) >> 20} MB）")
    try:
        content = json.loads(submitted)
    except (ValueError, RecursionError):
        raise ValueError("ノートブックとして読めません（JSON ではありません）") from None
    try:
        cells = nbformat.convert(nbformat.from_dict(content), 4).cells
        if not isinstance(cells, list) or len(cells) > MAX_CELLS:
            raise ValueError("ノートブックとして読めません（セルが多すぎます）")
        handed = [_handed(cell) for cell in cells if isinstance(cell, dict)]
    except Exception as error:  # nbformat meets arbitrary JSON here
        if str(error).startswith("ノートブック"):
            raise
        raise ValueError("ノートブックとして読めません（形式が違います）") from None
    yield from handed


def _handed(cell: dict[str, Any]) -> Handed:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(s for s in source if isinstance(s, str))
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    outputs, attachments = cell.get("outputs"), cell.get("attachments")
    return Handed(
        cell.get("cell_type") == "code",
        _text(source),
        _text(cell.get("id")),
        _text(grade_id),
        outputs if isinstance(outputs, list) else [],
        _images_of(attachments) if isinstance(attachments, dict) else {},
    )


def _text(value: Any) -> str:
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def is_solution(cell: NotebookNode) -> bool:
    """A cell that the student fills in."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """A cell that is the instructor's in any case: what grading relies on, and checks cells."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return bool(nbgrader) and not nbgrader.get("solution")


def _match(cells: list[NotebookNode], handed: list[Handed], notes: list[str]) -> dict[int, Handed]:
    """Which cell of the student's is which of the instructor's: by grade_id, then by id, then by its text."""
    free = list(handed)
    matched: dict[int, Handed] = {}

    def take(index: int, candidates: list[Handed]) -> None:
        if index not in matched and candidates:
            written = [h for h in candidates if h.source != cells[index].source]
            matched[index] = (written or candidates)[0]
            free[:] = [h for h in free if h is not matched[index]]

    for index, cell in enumerate(cells):
        if grade_id := cell.metadata.get("nbgrader", {}).get("grade_id"):
            candidates = [h for h in free if h.grade_id == grade_id]
            if len(candidates) > 1:
                notes.append(f"{grade_id}: セルが {len(candidates)} つあります。書かれている最初のものを採点しました")
            take(index, candidates)
    for index, cell in enumerate(cells):
        take(index, [h for h in free if h.id == cell.id and h.code == (cell.cell_type == "code")])
    for index, cell in enumerate(cells):
        take(index, [h for h in free if h.source == cell.source])
    return matched


def _extras(cells: list[NotebookNode], handed: list[Handed], matched: dict[int, Handed]) -> dict[int, list[Handed]]:
    """Cells that the student added, by the index of the instructor's cell that they stand behind (-1: before all)."""
    place = {id(h): index for index, h in matched.items()}
    extras: dict[int, list[Handed]] = {}
    anchor = -1
    for h in handed:
        if id(h) in place:
            anchor = place[id(h)]
        elif h.source.strip():
            extras.setdefault(anchor, []).append(h)
    return extras


def _plain(h: Handed, taken: set[str]) -> NotebookNode:
    """A student's own cell: its text and nothing else."""
    source = h.source[:MAX_SOURCE]
    cell: NotebookNode = nbformat.v4.new_code_cell(source) if h.code else nbformat.v4.new_markdown_cell(source)
    wanted = h.id if CELL_ID.fullmatch(h.id) and h.id not in taken else f"added-{len(taken)}"
    while wanted in taken:
        wanted += "-"
    taken.add(wanted)
    cell.id = wanted
    return cell


def _handed_in(cells: list[NotebookNode], matched: dict[int, Handed]) -> dict[str, list[NotebookNode]]:
    """For each observation cell the outputs, as handed in, of the tagged cells since the one before."""
    kept: dict[str, list[NotebookNode]] = {}
    pending: list[NotebookNode] = []
    room = KEPT_TOTAL
    for index, cell in enumerate(cells):
        if KEPT_TAG in cell.metadata.get("tags", ()) and index in matched:
            for output in map(_harmless, matched[index].outputs):
                if output is not None and (size := len(json.dumps(output))) <= room:
                    pending.append(output)
                    room -= size
        if is_solution(cell) and cell.metadata.nbgrader.get("grade"):
            kept[cell.id], pending = pending, []
    return kept


def _harmless(output: Any) -> NotebookNode | None:
    """An output as text or PNG, or None. Nothing active, nothing that a machine reads as a score."""
    if not isinstance(output, dict):
        return None
    data = output.get("data")
    if isinstance(data, dict):
        png = data.get("image/png")
        if isinstance(png, str) and len(png) <= KEPT_IMAGE and re.fullmatch(r"[A-Za-z0-9+/=\s]+", png):
            return NotebookNode(nbformat.v4.new_output("display_data", {"image/png": png, "text/plain": "<Figure>"}))
    text = data.get("text/plain") if isinstance(data, dict) else output.get("text", output.get("evalue"))
    if isinstance(text, list):
        text = "".join(t for t in text if isinstance(t, str))
    if not _text(text):
        return None
    return NotebookNode(nbformat.v4.new_output("stream", name="stdout", text=_text(text)[:KEPT_TEXT] + "\n"))


def _images_of(attachments: dict[Any, Any]) -> dict[str, Any]:
    """Pictures that a student pasted into an observation; nothing else."""
    kept: dict[str, Any] = {}
    for name, content in attachments.items():
        for mime in ("image/png", "image/jpeg"):
            data = content.get(mime) if isinstance(content, dict) else None
            if isinstance(data, str) and len(data) <= KEPT_IMAGE and re.fullmatch(r"[A-Za-z0-9+/=\s]+", data):
                kept[_text(name)[:100]] = {mime: data}
    return kept
