"""The answer bank: read `tests/answers/<cell>/<name>.py`, and judge one of its answers in this process."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.assignments.loss_functions.training.images import stand_in
from grader.checking.solution import code_cells, environment
from grader.grading.judge import judge
from grader.grading.replay import Memory
from grader.grading.verdict import Outcome, Verdict
from grader.student.proxy import InProcessChannel
from tests.helpers.loss_functions import BUDGET, IMAGES, SOURCE, checks_for, material_for

MEMORY: Memory = {}  # these two are shared by all tests of a process, as in grading
FIXTURES: dict[Any, Any] = {}
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
    """A possible text of a solution cell, and the score that it must get."""

    folder: str
    name: str
    source: str
    score: float
    fails: frozenset[str]

    @property
    def cell(self) -> str:
        """The solution cell that it fills. The weights of the trusted run come from the criterion's cell."""
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


def names_with(answer: BankAnswer) -> dict[str, Any]:
    """The names of the instructor's notebook with this answer in its cell; a cell that raises does not stop it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    stand_in(IMAGES)
    source = (SOURCE / f"{NOTEBOOK[answer.folder]}.ipynb").read_bytes()
    with environment(BUDGET):
        for cell in code_cells(source):
            if "nbgrader" in cell.metadata:
                text = answer.source if cell.id == answer.cell else cell.source
                try:
                    exec(compile(text, f"<{cell.id}>", "exec"), names)
                except (Exception, SystemExit):
                    assert not answer.right, f"{answer.folder}/{answer.name} is right but raises"
    return names


class BankChannel(InProcessChannel):
    """Answers of the bank are trusted, so they run in this process, without a time limit."""

    def begin_check(self) -> None:
        """Nothing to do."""


def graded(answer: BankAnswer, memory: Memory | None = MEMORY) -> list[Verdict]:
    """The verdicts of its own checks cell. memory: see `judge`."""
    cell = f"{answer.folder}_checks"
    modules = {cell: checks_for(cell)}
    material = replace(material_for(NOTEBOOK[answer.folder]), cache=FIXTURES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of students' code
        return judge(modules, lambda cell: BankChannel(names_with(answer)), material, memory)[cell]


def earned(verdicts: list[Verdict]) -> float:
    """Points."""
    return sum(v.points for v in verdicts if v.outcome is Outcome.PASSED)
