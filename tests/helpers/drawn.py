"""A digest of each question that the hidden checks of task 1 ask the right answer: `python tests/helpers/drawn.py`."""

from __future__ import annotations

import hashlib
import os
import sys
from typing import Any

import torch.nn.functional as F

from grader import wire
from grader.assignments.loss_functions.checks import checks_for
from grader.grading.judge import judge
from grader.grading.replay import Memory
from grader.grading.verdict import Outcome
from grader.student.proxy import InProcessChannel


class Recorder(InProcessChannel):
    """Answers rightly, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__({"softmax": lambda x: F.softmax(x, dim=1), "cross_entropy": F.cross_entropy})
        self.asked: dict[bytes, None] = {}  # each once: in a batch it is sent once, and one is sent again alone

    def begin_check(self) -> None:
        """All checks have the time they need."""

    def ask(self, question: dict[str, Any]) -> Any:
        """See `Channel.ask`."""
        self.asked[wire.encode(question)] = None
        return super().ask(question)

    def ask_all(self, questions: list[bytes]) -> list[bytes]:
        """See `BatchChannel.ask_all`."""
        self.asked |= dict.fromkeys(questions)
        return super().ask_all(questions)


def drawn(memory: Memory | None = None) -> str:
    """The same in every process, whatever else is imported. memory: see `judge`."""
    recorder = Recorder()
    modules = {cell: module for cell in ("softmax_checks", "cross_entropy_checks") if (module := checks_for(cell))}
    verdicts = judge(modules, lambda _: recorder, memory=memory)
    assert {v.outcome for of_cell in verdicts.values() for v in of_cell} == {Outcome.PASSED}
    return hashlib.sha256(b"".join(recorder.asked)).hexdigest()


if __name__ == "__main__":
    for name in filter(None, os.environ.get("ALSO_IMPORT", "").split(",")):
        __import__(name)
    print(drawn(), sys.modules["grader"].__file__)
