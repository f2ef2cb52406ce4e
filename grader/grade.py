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

from grader import report
from grader.errors import StudentGone
from grader.harmless import Room
from grader.judge import judge
from grader.limits import Limits
from grader.sanitise import Sanitised, sanitise
from grader.student import PipeChannel, Process
from grader.verdict import Outcome, Verdict, score
from grader.weighted_run import WeightedRun

Start = Callable[[tuple[tuple[str, bytes], ...], Mapping[str, str], tuple[Path, ...]], AbstractContextManager[Process]]

MAX_SHOWN_BY_ALL = 64 << 20  # characters that a notebook's cells may show together; a page shows 24 MB of them
MAX_OUTPUTS = 10_000  # of a notebook; looking at one takes 0.2 ms
MAX_NODES = 2_000_000  # lists and dictionaries in what a cell shows: an empty one takes 3 bytes there, 100 here
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
    clean = sanitise(request.submitted, request.release)
    with start(request.files, request.variables, request.read) as process:
        run = _Run(clean.notebook, PipeChannel(process, request.limits), request.modules)
        verdicts = judge(request.modules, run.up_to, weighted_run)
        run.finish()
    return _result(clean, verdicts)


def ungraded(request: Request, reason: str) -> Result:
    """The result where the grader itself has failed: every checks cell waits for a person."""
    verdict = Verdict("grader", "採点プログラムの不具合", 0.0, Outcome.OURS, (reason,))
    return _result(sanitise(request.submitted, request.release), {cell: [verdict] for cell in request.modules}, reason)


def _result(clean: Sanitised, verdicts: dict[str, list[Verdict]], *notes: str) -> Result:
    scores: dict[str, float | None] = {}
    cells: list[NotebookNode] = []
    told = (clean.unreadable, *clean.notes) if clean.unreadable else clean.notes
    if told:
        cells.append(report.notes_cell(told))
    room = Room()
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
            shown, cell.execution_count = _shown(reply, self._outputs_left)
            self._room -= len(reply["shown"])
            self._outputs_left -= len(shown["outputs"])
            if self._room < 0:
                shown = _only(TOO_MUCH)
            cell.outputs = shown["outputs"]
            self._remember(cell.outputs, shown["displays"], shown["updates"])
            if stopped:
                seconds = self._channel.limits.cell_seconds
                cell.outputs.append(_note(f"このセルは {seconds:.0f} 秒で終わらなかったので、止めました。"))
        except StudentGone as gone:
            cell.outputs = [_note(f"このセルの実行中に、プログラムが終わってしまいました（{gone}）。")]

    def _remember(self, outputs: list[NotebookNode], displays: dict[str, Any], updates: list[Any]) -> None:
        for index, display_id in displays.items():
            self._displays.setdefault(str(display_id), []).append(outputs[int(index)])
        for update in updates:
            for output in self._displays.get(str(update["display_id"]), []):
                changed = nbformat.from_dict({**output, "data": update["data"], "metadata": update["metadata"]})
                if _valid([changed]):
                    output.update(changed)


def _shown(reply: Any, most: int) -> tuple[dict[str, Any], int | None]:
    """What a cell showed, at most so many outputs, each valid. Raises StudentGone for a reply in any other form."""
    try:
        text, count = reply["shown"], reply["count"]
        if isinstance(text, bytes):
            text = text.decode()
        if text.count("[") + text.count("{") > MAX_NODES:
            return _only(TOO_MUCH), None
        shown = json.loads(text)
        if len(shown["outputs"]) > most:
            return _only(TOO_MUCH), None
        outputs = [nbformat.from_dict(output) for output in shown["outputs"]]
        displays, updates = shown["displays"], shown["updates"]
        if (
            _valid(outputs)
            and (count is None or type(count) is int)
            and all(0 <= int(index) < len(outputs) for index in displays)
            and all(set(update) == {"display_id", "data", "metadata"} for update in updates)
            and len({str(update["display_id"]) for update in updates}) == len(updates)  # else the work is quadratic
        ):
            return {"outputs": outputs, "displays": displays, "updates": updates}, count
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise StudentGone("outputs in no known form")


def _only(text: str) -> dict[str, Any]:
    """A note of ours, in place of what a cell showed."""
    return {"outputs": [_note(text)], "displays": {}, "updates": []}


def _valid(outputs: Sequence[NotebookNode]) -> bool:
    """Whether they may stand in a notebook file. Asked for a whole one: nbformat has compiled that question."""
    cell: dict[str, Any] = {"id": "cell", "cell_type": "code", "metadata": {}, "source": "", "execution_count": None}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{**cell, "outputs": outputs}]}
    try:
        nbformat.validate(notebook)
    except (nbformat.ValidationError, RecursionError, AttributeError, TypeError):
        return False
    return not any(output.output_type == "update_display_data" for output in outputs)


def _note(text: str) -> NotebookNode:
    note: NotebookNode = nbformat.v4.new_output("stream", name="stderr", text=text + "\n")
    return note
