"""Which cell of a student's notebook is which of the instructor's, and what had to be repaired to see it.

By `grade_id`; then by the cell's id, its text, and its place between those that were found.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbformat import NotebookNode

from grader.submission.parse import Handed

MENDED = {  # what was repaired → how it is told, before the names of the cells
    "missing": "なくなっていたので、配布したときのものに戻したセル",
    "doubled": "同じセルがいくつもあったので、書かれているもののうち最後を採点したセル",
    "renamed": "名前（grade_id）が変わっていたので、戻したセル",
    "retyped": "種類（コードか文章か）が変わっていたので、戻したセル",
    "stripped": "採点のための情報がなくなっていたので、戻したセル",
    "long": "長すぎるので、採点しなかったセル",
}


def is_solution(cell: NotebookNode) -> bool:
    """A cell that the student fills in."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """A cell that is the instructor's in any case: what grading relies on, and checks cells."""
    return grade_id(cell) != "" and not is_solution(cell)


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, or ""."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


class Match:
    """Which cell of the student's is which of the instructor's. found: by the index of the instructor's."""

    def __init__(self, cells: list[NotebookNode], handed: list[Handed]) -> None:
        self.found: dict[int, Handed] = {}
        self._cells, self._handed = cells, handed
        self._place = {id(h): place for place, h in enumerate(handed)}  # in the file; also: what is still free
        self._free = dict(self._place)
        self._mended: dict[str, list[str]] = {}
        self._by_grade_id()
        for index, cell in enumerate(cells):
            self._take(
                index, (h for h in self._left() if h.id == cell.id and (_kind(h) == _kind(cell) or grade_id(cell)))
            )
        for index, cell in enumerate(cells):
            self._take(index, (h for h in self._left() if h.source == cell.source))
        for index, cell in enumerate(cells):
            if is_solution(cell) and index not in self.found:
                self._take(index, self._in_its_place(index))
        self._describe()

    def extras(self) -> dict[int, list[Handed]]:
        """Cells that the student added, by the index of the instructor's cell before them (-1: before all)."""
        place = {id(h): index for index, h in self.found.items()}
        extras: dict[int, list[Handed]] = {}
        anchor = -1
        for h in self._handed:
            if id(h) in place:
                anchor = place[id(h)]
            elif id(h) in self._free and h.source.strip():
                extras.setdefault(anchor, []).append(h)
        return extras

    def note(self, what: str, cell: NotebookNode) -> None:
        """Remember that a cell was repaired, for `notes`."""
        self._mended.setdefault(what, []).append(grade_id(cell) or cell.id)

    def notes(self) -> tuple[str, ...]:
        """One line for each kind of repair."""
        return tuple(
            f"{told}：{', '.join(self._mended[what])}" for what, told in MENDED.items() if what in self._mended
        )

    def _left(self) -> Iterable[Handed]:
        return (h for h in self._handed if id(h) in self._free)

    def _take(self, index: int, candidates: Iterable[Handed]) -> None:
        if index not in self.found and (first := next(iter(candidates), None)):
            self.found[index] = first
            del self._free[id(first)]

    def _by_grade_id(self) -> None:
        """Of copies the last one that was written in, as in a run from top to bottom; empty copies are left out."""
        named: dict[str, list[Handed]] = {}
        for h in self._handed:
            named.setdefault(h.grade_id, []).append(h)
        for index, cell in enumerate(self._cells):
            if not (name := grade_id(cell)):
                continue
            copies = [h for h in named.get(name, ()) if id(h) in self._free]
            written = [h for h in copies if h.source != cell.source]
            self._take(index, reversed(written or copies))
            if len(copies) > 1:
                self.note("doubled", cell)
                for h in copies:
                    if h.source == cell.source or is_locked(cell):
                        self._free.pop(id(h), None)

    def _in_its_place(self, index: int) -> list[Handed]:
        """For a solution cell that nothing names: what stands between its neighbours, the likest to the stub first."""
        before = max((self._place[id(h)] for i, h in self.found.items() if i < index), default=-1)
        after = min((self._place[id(h)] for i, h in self.found.items() if i > index), default=len(self._handed))
        cell = self._cells[index]
        stub = set(_lines(cell.source))
        there = [h for h in self._left() if before < self._place[id(h)] < after and _kind(h) == _kind(cell)]
        there = [h for h in there if h.source.strip()]
        return sorted(there, key=lambda h: len(stub & set(_lines(h.source))), reverse=True)

    def _describe(self) -> None:
        for index, cell in enumerate(self._cells):
            h = self.found.get(index)
            if not grade_id(cell):
                continue
            if h is None:
                self.note("missing", cell)
            elif _kind(h) != _kind(cell):
                self.note("retyped", cell)
            elif h.grade_id != grade_id(cell):
                self.note("renamed" if h.grade_id else "stripped", cell)


def _kind(cell: Handed | NotebookNode) -> str:
    return "code" if (cell.kind if isinstance(cell, Handed) else cell.cell_type) == "code" else "text"


def _lines(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if line.strip()]
