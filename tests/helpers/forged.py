"""Grade a notebook with a forged process: replies of any form, without a process, for what must hold in every case."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader import wire
from grader.grading.grade import Request, Result, grade
from grader.grading.recordings import Memory
from grader.sandbox.runtime.messages import Ask, AskBatch, RunCell, request_from_wire
from grader.sandbox.runtime.questions import Question
from tests.helpers.loss_functions import checks_for

Show = Callable[[str], list[Any]]
Answer = Callable[[Question], object]
MEMORY = Memory()  # of all tests in this process, as in grading


class Forged:
    """A `grader.student.channel.ProcessHandle`. show: source of a cell → its outputs. answer: question → the reply."""

    def __init__(self, show: Show, answer: Answer) -> None:
        self._show, self._answer = show, answer
        self._message: Mapping[str, object] = {}

    def send(self, body: Mapping[str, object], deadline: wire.Deadline) -> None:
        """Keep the request for `receive`."""
        self._message = body

    def receive(self, deadline: wire.Deadline) -> object:
        """The forged reply, encoded and decoded as if it came from a process."""
        return wire.decode(wire.encode(self._reply()))

    def _reply(self) -> object:
        match request_from_wire(self._message):
            case RunCell(source):
                shown = {"outputs": self._show(source), "displays": {}, "updates": []}
                return {"shown": json.dumps(shown).encode(), "count": 1}  # a message's text has 100,000 characters
            case AskBatch():
                return {"answers": []}  # the questions are then asked one by one
            case Ask(question):
                return self._answer(question)

    def cpu_seconds(self, begin: float) -> float:
        """There is no process that could use CPU time."""
        return 0.0

    def interrupt(self) -> None:
        """There is no process to interrupt."""

    def fork(self, deadline: float) -> tuple[Forged, int]:
        """A copy gives the same replies."""
        return self, 0

    def stop(self) -> str:
        """There is no process to stop."""
        return ""


def graded(submitted: bytes | str, release: bytes, cells: Iterable[str], show: Show, answer: Answer) -> Result:
    """`grade.grade` of a notebook whose process is forged. cells: its checks cells."""

    @contextmanager
    def start(*_: Any) -> Iterator[Forged]:
        yield Forged(show, answer)

    modules: dict[str, Path] = {cell: module for cell in cells if (module := checks_for(cell))}
    return grade(Request(submitted, release, modules), start, MEMORY)
