"""One notebook of one submission: run its cells, judge its checks cells. Pure: a request in, a result out.

Opens no file and knows nothing of nbgrader; the student's process comes from whoever calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.validator import get_validator

from grader.assignments.loss_functions.training.weighted_run import WeightedRun
from grader.errors import StudentGone
from grader.grading import report
from grader.grading.judge import judge
from grader.grading.verdict import Outcome, Verdict, score
from grader.student.channel import PipeChannel, Process
from grader.student.limits import Limits
from grader.submission.clean_html import SizeBudget
from grader.submission.rebuild import Rebuilt, rebuild

Start = Callable[[tuple[tuple[str, bytes], ...], Mapping[str, str], tuple[Path, ...]], AbstractContextManager[Process]]

MAX_SHOWN_BY_ALL = 64 << 20  # characters that a notebook's cells may show together; a page shows 24 MB of them
MAX_OUTPUTS = 10_000  # of a notebook; looking at one takes 0.2 ms
MAX_NODES = 500_000  # values in what a cell shows; nbformat takes up to 3 µs for one; a figure, a table are 10
MAX_COUNT = 2**31  # cells run in one process; honest ones count from 1
DISPLAYS = ("display_data", "execute_result")  # outputs that may have a display id, by which they are updated
TOO_MUCH = "出力が多いので、省きました。"


@dataclass(frozen=True)
class Request:
    """What grading one notebook needs.

    submitted, release: notebook files; in place of the first: why it could not be read. modules: for each checks cell
    its module of checks, in the notebook's order.
    files: what else was handed in, (name, content). variables: the process's environment (budgets, images).
    read: files of the host that the process may read.
    """

    submitted: bytes | str
    release: bytes
    modules: Mapping[str, Path]
    files: tuple[tuple[str, bytes], ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    read: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Result:
    """notebook: executed, with verdicts in its checks cells. scores: points of each checks cell; None: a person looks.

    notes: for the instructor, what was repaired or went wrong.
    """

    notebook: NotebookNode
    verdicts: dict[str, list[Verdict]]
    scores: dict[str, float | None]
    notes: tuple[str, ...] = ()


def grade(request: Request, start: Start, weighted_run: WeightedRun | None = None) -> Result:
    """Grade one notebook. Raises what `start` raises and KeyboardInterrupt, nothing of the student's doing."""
    clean = rebuild(request.submitted, request.release)
    with start(request.files, request.variables, request.read) as process:
        run = _Run(clean.notebook, PipeChannel(process, request.limits), request.modules)
        verdicts = judge(request.modules, run.up_to, weighted_run)
        run.finish()
    return _result(clean, verdicts)


def ungraded(request: Request, reason: str) -> Result:
    """The result where the grader itself has failed: every checks cell waits for a person."""
    verdict = Verdict("grader", "採点プログラムの不具合", 0.0, Outcome.GRADER_ERROR, (reason,))
    return _result(rebuild(request.submitted, request.release), {cell: [verdict] for cell in request.modules}, reason)


def _result(clean: Rebuilt, verdicts: dict[str, list[Verdict]], *notes: str) -> Result:
    scores: dict[str, float | None] = {}
    cells: list[NotebookNode] = []
    told = (clean.unreadable, *clean.notes) if clean.unreadable else clean.notes
    if told:
        cells.append(report.notes_cell(told))
    room = SizeBudget()
    for cell in clean.notebook.cells:
        if cell.id in verdicts:
            maximum = float(cell.metadata.nbgrader.points)
            scores[cell.id] = score(verdicts[cell.id], maximum)
            cell.outputs = [report.checks_output(verdicts[cell.id], scores[cell.id], maximum, clean.unreadable)]
        elif cell.cell_type == "code":
            cell.outputs = room.outputs(cell.outputs)
        if clean.handed_in.get(cell.id):
            cells.append(report.handed_in_cell(cell.id, clean.handed_in[cell.id]))
        cells.append(cell)
    clean.notebook.cells = cells
    return Result(clean.notebook, verdicts, scores, (*told, *notes))


class _Run:
    """The cells of one notebook, in order, in one student's process."""

    def __init__(self, notebook: NotebookNode, channel: PipeChannel, modules: Mapping[str, Path]) -> None:
        self._cells, self._channel, self._modules = notebook.cells, channel, modules
        self._next = 0
        self._room, self._outputs_left = MAX_SHOWN_BY_ALL, MAX_OUTPUTS
        self._displays: dict[str, list[NotebookNode]] = {}  # outputs by display id, for updates from later cells

    def up_to(self, cell_id: str) -> PipeChannel:
        """Run what stands before a checks cell and has not run yet; → where to ask."""
        place = next(i for i, cell in enumerate(self._cells) if cell.id == cell_id)
        while self._next < place:
            self._run(self._cells[self._next])
            self._next += 1
        return self._channel

    def finish(self) -> None:
        """Run the rest."""
        while self._next < len(self._cells):
            self._run(self._cells[self._next])
            self._next += 1

    def _run(self, cell: NotebookNode) -> None:
        if cell.cell_type != "code" or cell.id in self._modules or not cell.source.strip() or self._channel.gone:
            return  # checks cells are never sent
        try:
            reply, stopped = self._channel.run(cell.source)
            text, cell.execution_count = _said(reply)
            self._room -= len(text)
            shown = _shown(text, self._outputs_left) if self._room >= 0 else _only(TOO_MUCH)
            self._outputs_left -= len(shown.outputs) + len(shown.updates)
            cell.outputs = shown.outputs
            self._remember(shown)
            if stopped:
                seconds = self._channel.limits.cell_seconds
                cell.outputs.append(_note(f"このセルは {seconds:.0f} 秒で終わらなかったので、止めました。"))
        except StudentGone as gone:
            cell.outputs = [_note(f"このセルの実行中に、プログラムが終わってしまいました（{gone}）。")]

    def _remember(self, shown: _Shown) -> None:
        """Displays of this cell, and updates of those so far, as long as there is room: one may go to many displays."""
        for display_id, output in shown.displays:
            self._displays.setdefault(display_id, []).append(output)
        for display_id, content, size in shown.updates:
            for output in self._displays.get(display_id, []):
                self._room -= size
                if self._room < 0:
                    return
                output.update(content)


@dataclass(frozen=True)
class _Shown:
    """What a cell showed, each part valid.

    displays: (display id, which of the outputs has it). updates: (display id, `data` and `metadata` of all displays
    that have it, in characters how large they are).
    """

    outputs: list[NotebookNode]
    displays: list[tuple[str, NotebookNode]] = field(default_factory=list)
    updates: list[tuple[str, NotebookNode, int]] = field(default_factory=list)


def _said(reply: Any) -> tuple[bytes, int | None]:
    """What a cell showed, as JSON, and its count. Raises StudentGone for a reply in any other form."""
    match reply:
        case {"shown": str() | bytes() as text, "count": None | int() as count}:
            if type(count) is not bool and 0 <= (count or 0) < MAX_COUNT:
                return (text if isinstance(text, bytes) else text.encode()), count
    raise StudentGone("outputs in no known form")


def _shown(text: bytes, most: int) -> _Shown:
    """What a cell showed, at most so many outputs and updates. Raises StudentGone for JSON in any other form."""
    if _too_many(text):
        return _only(TOO_MUCH)
    try:
        shown = json.loads(text.decode())
        outputs, displays, updates = shown["outputs"], shown["displays"], shown["updates"]
        if (type(outputs), type(displays), type(updates)) != (list, dict, list):
            raise TypeError
        if len(outputs) + len(updates) > most:
            return _only(TOO_MUCH)
        outputs = [nbformat.from_dict(output) for output in outputs]
        if not _valid(outputs):
            raise ValueError
        places = {str(index): output for index, output in enumerate(outputs) if output.output_type in DISPLAYS}
        return _Shown(
            outputs,
            [(_text(display_id), places[index]) for index, display_id in displays.items()],  # so each has one id
            _updates(updates),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StudentGone("outputs in no known form") from None


def _too_many(text: bytes) -> bool:
    """Whether JSON has more than MAX_NODES values, found before any is built; what stands in strings is none."""
    text = text.replace(rb"\\", b"").replace(rb"\"", b"")
    if text.count(b'"') > 4 * MAX_NODES:  # an entry of a dictionary has two strings
        return True
    bare = b"".join(text.split(b'"')[::2])
    return bare.count(b"[") + bare.count(b"{") + bare.count(b",") > MAX_NODES


def _updates(updates: list[Any]) -> list[tuple[str, NotebookNode, int]]:
    """See `_Shown`; one whose content no notebook may hold is left out. Raises what `_shown` catches."""
    ids = [_text(update["display_id"]) for update in updates]
    if len(set(ids)) < len(ids) or any(len(update) != 3 for update in updates):
        raise ValueError
    contents = [nbformat.from_dict({"data": update["data"], "metadata": update["metadata"]}) for update in updates]
    return [
        (display_id, content, len(json.dumps(content)))
        for display_id, content in zip(ids, contents, strict=True)
        if _valid([NotebookNode(output_type="display_data", **content)])
    ]


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _only(text: str) -> _Shown:
    """A note of ours, in place of what a cell showed."""
    return _Shown([_note(text)])


def _valid(outputs: Sequence[Any]) -> bool:
    """Whether they may stand in a notebook file. Asked of a whole one: nbformat has compiled that question.

    Not `nbformat.validate`: where the answer is no, it looks for the reason, which takes 30 s for 240,000 values.
    """
    cell: dict[str, Any] = {"id": "cell", "cell_type": "code", "metadata": {}, "source": "", "execution_count": None}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{**cell, "outputs": outputs}]}
    try:
        get_validator(4, 5, name="fastjsonschema").validate(notebook)
    except (nbformat.ValidationError, RecursionError, AttributeError, TypeError):
        return False
    return not any(output["output_type"] == "update_display_data" for output in outputs)


def _note(text: str) -> NotebookNode:
    note: NotebookNode = nbformat.v4.new_output("stream", name="stderr", text=text + "\n")
    return note
