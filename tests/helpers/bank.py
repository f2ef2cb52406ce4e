"""The answer bank as data: `tests/answers/<cell>/<name>.py`, and how one of its answers is judged in this process."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grader.assignments.loss_functions.checks import checks_for
from grader.assignments.loss_functions.checks.conftest import BUDGET, IMAGES, SOURCE, InstructorsAnswers
from grader.assignments.loss_functions.training import solution as reference
from grader.assignments.loss_functions.training.images import stand_in
from grader.assignments.loss_functions.training.weighted_run import WeightedRun
from grader.grading.judge import PREPARED, judge
from grader.grading.replay import Memory
from grader.grading.verdict import Outcome, Verdict
from grader.student.proxy import InProcessChannel

ANSWERS = Path(__file__).parents[1] / "answers"
NOTEBOOK = {
    "softmax": "losses",
    "cross_entropy": "losses",
    "iris_hookup": "iris",
    "inverse_ratio_weights": "imbalanced_cifar10",
    "weighted_criterion": "imbalanced_cifar10",
    "weighted_run": "imbalanced_cifar10",
}


@dataclass(frozen=True)
class BankAnswer:
    """What a student may have typed in a solution cell, and what it must score."""

    folder: str
    name: str
    source: str
    score: float
    fails: frozenset[str]

    @property
    def cell(self) -> str:
        """The solution cell that it fills; what the run's weights are comes from the criterion's cell."""
        return "weighted_criterion" if self.folder == "weighted_run" else self.folder

    @property
    def right(self) -> bool:
        """Whether it deserves full marks."""
        return not self.fails


def bank() -> list[BankAnswer]:
    """All answers, in order."""
    answers = []
    for path in sorted(ANSWERS.glob("*/*.py")):
        source = path.read_text()
        score = re.search(r"^# score: ([\d.]+)", source, re.MULTILINE)
        fails = re.search(r"^# fails: (.+)$", source, re.MULTILINE)
        assert score, f"{path}: no score"
        assert fails, f"{path}: no fails"
        names = frozenset(re.findall(r"[a-z_]+", fails[1])) - {"none"}
        answers.append(BankAnswer(path.parent.name, path.stem, source, float(score[1]), names))
    return answers


@cache
def trusted_run() -> WeightedRun:
    """One for the whole bank: its memo is shared, as in a class."""
    return InstructorsAnswers().weighted_run()


def names_with(answer: BankAnswer) -> dict[str, Any]:
    """The instructor's notebook with this answer in its cell: what grading relies on, whatever one cell does."""
    names: dict[str, Any] = {"__name__": "__main__"}
    stand_in(IMAGES)
    source = (SOURCE / f"{NOTEBOOK[answer.folder]}.ipynb").read_bytes()
    with reference.environment(BUDGET):
        for cell in reference.code_cells(source):
            if "nbgrader" in cell.metadata:
                text = answer.source if cell.id == answer.cell else cell.source
                try:
                    exec(compile(text, f"<{cell.id}>", "exec"), names)
                except (Exception, SystemExit):
                    assert not answer.right, f"{answer.folder}/{answer.name} is right but raises"
    return names


class BankChannel(InProcessChannel):
    """Answers of the bank are ours, so they may run here; nothing bounds their time."""

    def begin_check(self) -> None:
        """Nothing to do."""


def graded(answer: BankAnswer, memory: Memory | None = PREPARED) -> list[Verdict]:
    """The verdicts of its own checks cell. memory: see `judge`."""
    cell = f"{answer.folder}_checks"
    module = checks_for(cell)
    assert module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of students' code
        return judge({cell: module}, lambda _: BankChannel(names_with(answer)), trusted_run(), memory)[cell]


def earned(verdicts: list[Verdict]) -> float:
    """Points."""
    return sum(v.points for v in verdicts if v.outcome is Outcome.PASSED)
