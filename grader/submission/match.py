"""Match the cells of a submission with the cells of the released notebook, and note what had to be repaired.

Cells are matched by `grade_id`, then by cell id, by text, and at last by their position between cells already matched.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from nbformat import NotebookNode

from grader.submission.language import N_, gettext
from grader.submission.parse import SubmittedCell

INVISIBLE = "\ufeff", "\u200b", "\u2060", "\u00ad"  # characters without width, which editors leave behind
MAX_ADDED_SPACE = 2000  # characters by which an untouched cell may be longer than the released one
COMMENT = re.compile(r"#[^\n\r]*")
# Where a student is to write, the stubs of nbgrader_config.py say so in these words:
CODE_STUB = N_("ここに書く")  # message of a NotImplementedError
TEXT_STUB = N_("ここに観察を書いてください。")
REPAIR_NOTES = {  # kind of repair → the note, which is followed by the names of the cells
    "changed": N_("書きかえられていたので、配布したときのものに戻したセル"),
    "missing": N_("なくなっていたので、配布したときのものに戻したセル"),
    "doubled": N_("同じセルがいくつもあったので、書かれているもののうち最後を採点したセル"),
    "renamed": N_("名前（grade_id）が変わっていたので、戻したセル"),
    "retyped": N_("種類（コードか文章か）が変わっていたので、戻したセル"),
    "stripped": N_("採点のための情報がなくなっていたので、戻したセル"),
    "moved": N_("順番が変わっていたので、もとの場所に戻したセル"),
    "beside": N_("何も書かれていないが、そばに文章があるので、それを教員が読んで採点するセル"),
    "long": N_("長すぎるので、採点しなかったセル"),
}


def is_solution(cell: NotebookNode) -> bool:
    """Whether the student fills in this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_graded(cell: NotebookNode) -> bool:
    """Whether the cell has points: a checks cell, or an answer that a person grades."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def is_locked(cell: NotebookNode) -> bool:
    """Whether the cell always keeps the instructor's text: checks cells, and cells that grading relies on."""
    return grade_id(cell) != "" and not is_solution(cell)


def grade_id(cell: NotebookNode) -> str:
    """Return nbgrader's name of a cell, or ""."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def translated_stub(stub: str) -> str:
    """A configured stub in the language in use; words that are not this package's stay as they are."""
    return stub.replace(CODE_STUB, gettext(CODE_STUB)).replace(TEXT_STUB, gettext(TEXT_STUB))


def is_stub_message(message: str) -> bool:
    """Whether a NotImplementedError is the stub's; torch raises it too, with other messages."""
    return message in ("", CODE_STUB, gettext(CODE_STUB))


def same_text(submitted: str, released: str) -> bool:
    """Whether two texts differ in white space only; a submitted text that is several times as long is not compared."""
    return _is_comparable(submitted, released) and _folded(submitted) == _folded(released)


def is_written(cell: NotebookNode, source: str) -> bool:
    """Whether a submitted text is more than the released cell's placeholder or stub, or a part of the placeholder.

    cell: released. White space and, in code, comments do not count.
    """
    if not _is_comparable(source, cell.source):
        return True
    if cell.cell_type == "code":
        return _folded_code(source) != _folded_code(cell.source)
    placeholder = {_folded(line) for line in cell.source.splitlines()}
    some_line = any(_folded(line) not in placeholder | {""} for line in source.splitlines())
    return some_line and _folded(source) != _folded(cell.source)


def _is_comparable(submitted: str, released: str) -> bool:
    """Whether folding the submitted text takes little memory: 50 MB of short words would take 1.5 GB."""
    return len(submitted) <= 4 * len(released) + MAX_ADDED_SPACE


def _folded(text: str) -> str:
    for character in INVISIBLE:
        text = text.replace(character, "")
    return "".join(text.split())


def _folded_code(source: str) -> str:
    return _folded(COMMENT.sub("", source))


class Match:
    """Pairs of released and submitted cells. found: index of the released cell → the submitted cell."""

    def __init__(self, released: list[NotebookNode], submitted: list[SubmittedCell]) -> None:
        self.found: dict[int, SubmittedCell] = {}
        self._released, self._submitted = released, submitted
        self._position = {id(cell): position for position, cell in enumerate(submitted)}
        self._unmatched = set(self._position)  # ids of the objects
        self._repairs: dict[str, list[str]] = {}
        self._match_by_grade_id()
        for index, cell in enumerate(released):
            same_id = (s for s in self._candidates() if s.id == cell.id)
            self._match_first(index, (s for s in same_id if grade_id(cell) or _is_code(s) == _is_code(cell)))
        for index, cell in enumerate(released):
            self._match_first(index, (s for s in self._candidates() if s.source == cell.source))
        for index, cell in enumerate(released):
            if is_solution(cell) and index not in self.found:
                self._match_first(index, self._candidates_between_neighbours(index))
        self._drop_pasted_stubs()
        self._note_repairs()

    def added_cells(self) -> dict[int, list[SubmittedCell]]:
        """Return the cells that the student added, by the index of the released cell before them (-1: before all)."""
        index_of = {id(cell): index for index, cell in self.found.items()}
        added: dict[int, list[SubmittedCell]] = {}
        before = -1
        for cell in self._submitted:
            if id(cell) in index_of:
                before = index_of[id(cell)]
            elif id(cell) in self._unmatched and cell.source.strip():
                added.setdefault(before, []).append(cell)
        return added

    def note_repair(self, kind: str, cell: NotebookNode) -> None:
        """Record a repair of this released cell. kind: a key of `REPAIR_NOTES`."""
        names = self._repairs.setdefault(kind, [])
        if (name := grade_id(cell) or cell.id) not in names[-1:]:
            names.append(name)

    def notes(self) -> tuple[str, ...]:
        """Return one line for each kind of repair."""
        repairs = [(note, self._repairs[kind]) for kind, note in REPAIR_NOTES.items() if kind in self._repairs]
        line = gettext("{note}：{names}")
        return tuple(line.format(note=gettext(note), names=", ".join(names)) for note, names in repairs)

    def _candidates(self) -> Iterable[SubmittedCell]:
        return (cell for cell in self._submitted if id(cell) in self._unmatched)

    def _match_first(self, index: int, candidates: Iterable[SubmittedCell]) -> None:
        if index not in self.found and (first := next(iter(candidates), None)):
            self.found[index] = first
            self._unmatched.remove(id(first))

    def _match_by_grade_id(self) -> None:
        """Match cells of the same `grade_id`.

        Of several copies the last that the student has written in is used, as in a run from top to bottom. The other
        copies of the stub, and all copies of a locked cell, are dropped.
        """
        by_grade_id: dict[str, list[SubmittedCell]] = {}
        for submitted in self._submitted:
            by_grade_id.setdefault(submitted.grade_id, []).append(submitted)
        for index, cell in enumerate(self._released):
            if not (name := grade_id(cell)):
                continue
            copies = [copy for copy in by_grade_id.get(name, ()) if id(copy) in self._unmatched]
            written = [copy for copy in copies if is_written(cell, copy.source)] if len(copies) > 1 else []
            self._match_first(index, reversed(written or copies))
            if len(copies) > 1:
                self.note_repair("doubled", cell)
                kept = set() if is_locked(cell) else set(map(id, written))
                for copy in copies:
                    if id(copy) not in kept:
                        self._unmatched.discard(id(copy))

    def _drop_pasted_stubs(self) -> None:
        """Drop added cells that contain no more than the stub of a solution cell that was found."""
        solutions = [cell for index, cell in enumerate(self._released) if is_solution(cell) and index in self.found]
        stubs = {_folded_code(cell.source): cell for cell in solutions if cell.cell_type == "code"}
        longest = max((cell.source for cell in solutions), key=len, default="")
        for copy in list(self._candidates()):
            if not _is_code(copy) or not _is_comparable(copy.source, longest) or not copy.source.strip():
                continue
            if cell := stubs.get(_folded_code(copy.source)):
                self._unmatched.discard(id(copy))
                self.note_repair("doubled", cell)

    def _candidates_between_neighbours(self, index: int) -> list[SubmittedCell]:
        """Return unmatched cells between those of the neighbouring cells, the most similar to the stub first."""
        before = max((self._position[id(s)] for i, s in self.found.items() if i < index), default=-1)
        after = min((self._position[id(s)] for i, s in self.found.items() if i > index), default=len(self._submitted))
        cell = self._released[index]
        stub = set(_stripped_lines(cell.source))
        between = [s for s in self._candidates() if before < self._position[id(s)] < after and s.source.strip()]
        between = [s for s in between if _is_code(s) == _is_code(cell)]
        return sorted(between, key=lambda s: len(stub & set(_stripped_lines(s.source))), reverse=True)

    def _note_repairs(self) -> None:
        moved = self._moved()
        for index, cell in enumerate(self._released):
            submitted = self.found.get(index)
            if submitted is None:
                self.note_repair("missing", cell)
                continue
            if is_locked(cell) and not same_text(submitted.source, cell.source):
                self.note_repair("changed", cell)
            if _is_code(submitted) != _is_code(cell):
                self.note_repair("retyped", cell)
            elif submitted.grade_id != grade_id(cell) and grade_id(cell):
                self.note_repair("renamed" if submitted.grade_id else "stripped", cell)
            if index in moved:
                self.note_repair("moved", cell)

    def _moved(self) -> set[int]:
        """The fewest released cells to move so that the submission has the release's order, by index."""
        ends: list[int] = []  # of increasing sequences of positions, by their length - 1: the smallest last position
        indices: list[int] = []  # of the cells at these positions
        before: dict[int, int | None] = {}  # index of a cell → that of the previous cell in its longest sequence
        for index in sorted(self.found):
            position = self._position[id(self.found[index])]
            length = bisect_left(ends, position)
            before[index] = indices[length - 1] if length else None
            ends[length : length + 1], indices[length : length + 1] = [position], [index]
        kept = indices[-1] if indices else None
        moved = set(self.found)
        while kept is not None:
            moved.discard(kept)
            kept = before[kept]
        return moved


def _is_code(cell: SubmittedCell | NotebookNode) -> bool:
    return bool((cell.kind if isinstance(cell, SubmittedCell) else cell.cell_type) == "code")


def _stripped_lines(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if line.strip()]
