"""Match the cells of a submission with the cells of the released notebook, and note what had to be repaired.

Cells are matched by `grade_id`, then by cell id, by text, and at last by their position between cells already matched.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbformat import NotebookNode

from grader.submission.parse import SubmittedCell

REPAIR_NOTES = {  # kind of repair → the note, which is followed by the names of the cells
    "missing": "なくなっていたので、配布したときのものに戻したセル",
    "doubled": "同じセルがいくつもあったので、書かれているもののうち最後を採点したセル",
    "renamed": "名前（grade_id）が変わっていたので、戻したセル",
    "retyped": "種類（コードか文章か）が変わっていたので、戻したセル",
    "stripped": "採点のための情報がなくなっていたので、戻したセル",
    "long": "長すぎるので、採点しなかったセル",
}


def is_solution(cell: NotebookNode) -> bool:
    """Whether the student fills in this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """Whether the cell always keeps the instructor's text: checks cells, and cells that grading relies on."""
    return grade_id(cell) != "" and not is_solution(cell)


def grade_id(cell: NotebookNode) -> str:
    """Return nbgrader's name of a cell, or ""."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


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
        self._repairs.setdefault(kind, []).append(grade_id(cell) or cell.id)

    def notes(self) -> tuple[str, ...]:
        """Return one line for each kind of repair."""
        return tuple(
            f"{note}：{', '.join(self._repairs[kind])}" for kind, note in REPAIR_NOTES.items() if kind in self._repairs
        )

    def _candidates(self) -> Iterable[SubmittedCell]:
        return (cell for cell in self._submitted if id(cell) in self._unmatched)

    def _match_first(self, index: int, candidates: Iterable[SubmittedCell]) -> None:
        if index not in self.found and (first := next(iter(candidates), None)):
            self.found[index] = first
            self._unmatched.remove(id(first))

    def _match_by_grade_id(self) -> None:
        """Match cells of the same `grade_id`.

        Of several copies the last that the student changed is used, as in a run from top to bottom. Unchanged copies,
        and all copies of a locked cell, are dropped.
        """
        by_grade_id: dict[str, list[SubmittedCell]] = {}
        for submitted in self._submitted:
            by_grade_id.setdefault(submitted.grade_id, []).append(submitted)
        for index, cell in enumerate(self._released):
            if not (name := grade_id(cell)):
                continue
            copies = [copy for copy in by_grade_id.get(name, ()) if id(copy) in self._unmatched]
            changed = [copy for copy in copies if copy.source != cell.source]
            self._match_first(index, reversed(changed or copies))
            if len(copies) > 1:
                self.note_repair("doubled", cell)
                for copy in copies:
                    if copy.source == cell.source or is_locked(cell):
                        self._unmatched.discard(id(copy))

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
        for index, cell in enumerate(self._released):
            submitted = self.found.get(index)
            if not grade_id(cell):
                continue
            if submitted is None:
                self.note_repair("missing", cell)
            elif _is_code(submitted) != _is_code(cell):
                self.note_repair("retyped", cell)
            elif submitted.grade_id != grade_id(cell):
                self.note_repair("renamed" if submitted.grade_id else "stripped", cell)


def _is_code(cell: SubmittedCell | NotebookNode) -> bool:
    return bool((cell.kind if isinstance(cell, SubmittedCell) else cell.cell_type) == "code")


def _stripped_lines(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if line.strip()]
