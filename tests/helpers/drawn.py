"""Compare between processes which examples the hidden checks of task 1 draw: print a digest of their questions.

Run `python tests/helpers/drawn.py`. ALSO_IMPORT: names of modules to import first, separated by commas.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence

import torch.nn.functional as F

from grader.grading.judge import judge
from grader.grading.recordings import Memory
from grader.grading.verdict import Outcome
from grader.sandbox.runtime.questions import Question
from grader.student.proxy import InProcessChannel
from tests.helpers.loss_functions import checks_for


class Recorder(InProcessChannel):
    """Give right answers, and record the questions."""

    def __init__(self) -> None:
        super().__init__({"softmax": lambda x: F.softmax(x, dim=1), "cross_entropy": F.cross_entropy})
        self.asked: dict[bytes, None] = {}  # an ordered set, because a question of a batch may be repeated alone

    def begin_check(self, seconds: float | None = None) -> None:
        """There are no timeouts to start."""

    def ask(self, question: Question) -> object:
        """See `Channel.ask`."""
        self.asked[question.encode()] = None
        return super().ask(question)

    def ask_batch(self, questions: Sequence[bytes]) -> list[bytes]:
        """See `BatchChannel.ask_batch`."""
        self.asked |= dict.fromkeys(questions)
        return super().ask_batch(questions)


def questions_digest(memory: Memory | None = None) -> str:
    """Judge a right answer; → SHA-256 of all questions. memory: see `judge`."""
    recorder = Recorder()
    modules = {cell: checks_for(cell) for cell in ("softmax_checks", "cross_entropy_checks")}
    verdicts = judge(modules, lambda _: recorder, memory=memory)
    assert {v.outcome for of_cell in verdicts.values() for v in of_cell} == {Outcome.PASSED}
    return hashlib.sha256(b"".join(recorder.asked)).hexdigest()


if __name__ == "__main__":
    for name in filter(None, os.environ.get("ALSO_IMPORT", "").split(",")):
        __import__(name)
    print(questions_digest(), sys.modules["grader"].__file__)
