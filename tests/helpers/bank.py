"""Read the answer bank, `tests/answers/<cell>/<name>.py`, and judge one of its answers in this process."""

from __future__ import annotations

import random
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from grader.assignments.loss_functions import ASSIGNMENT
from grader.assignments.loss_functions.training.images import stand_in
from grader.checking.misconceptions import Catalogue
from grader.checking.solution import code_cells, environment
from grader.grading.diagnosis import judge_and_diagnose
from grader.grading.judge import judge
from grader.grading.recordings import Memory
from grader.grading.verdict import Outcome, Verdict
from grader.student.proxy import InProcessChannel
from tests.helpers.loss_functions import BUDGET, IMAGES, SOURCE, checks_for, material_for

# Recorded checks and fixtures, shared by all tests of a process, as in grading.
MEMORY = Memory()
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
    """One answer. source: text of its cell. score: points that it must get. fails: checks that it must fail.

    diagnosis: the mistakes that it makes, as the catalogue of its cell names them; empty if it is right or none fits.
    """

    folder: str
    name: str
    source: str
    score: float
    fails: frozenset[str]
    diagnosis: frozenset[str]

    @property
    def cell(self) -> str:
        """The solution cell that it fills. The trusted run takes its weights from the cell of the criterion."""
        return "weighted_criterion" if self.folder == "weighted_run" else self.folder

    @property
    def right(self) -> bool:
        """Whether it must get full marks."""
        return not self.fails


def bank() -> list[BankAnswer]:
    """All answers, ordered by path."""
    answers = []
    for path in sorted(ANSWERS.glob("*/*.py")):
        source = path.read_text()
        score = re.search(r"^# score: ([\d.]+)", source, re.MULTILINE)
        fails = re.search(r"^# fails: (.+)$", source, re.MULTILINE)
        assert score, f"{path}: no score"
        assert fails, f"{path}: no fails"
        checks = frozenset(re.findall(r"[a-z_]+", fails[1])) - {"none"}
        diagnosis = re.search(r"^# fails: .+\n# diagnosis: (.+)$", source, re.MULTILINE)
        assert bool(diagnosis) == bool(checks), f"{path}: a diagnosis belongs below `# fails:`, in wrong answers only"
        mistakes = frozenset(diagnosis[1].split(" + ")) - {"none"} if diagnosis else frozenset()
        answers.append(BankAnswer(path.parent.name, path.stem, source, float(score[1]), checks, mistakes))
    return answers


def namespace_with(answer: BankAnswer, notebooks: Path = SOURCE) -> dict[str, Any]:
    """Run the instructor's notebook with this answer in its cell, past cells that raise; → its global names.

    notebooks: the folder of the source, or of an edition's. The generators of random numbers are seeded as in a
    student's process.
    """
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    names: dict[str, Any] = {"__name__": "__main__"}
    stand_in(IMAGES)
    source = (notebooks / f"{NOTEBOOK[answer.folder]}.ipynb").read_bytes()
    with environment(BUDGET):
        for cell in code_cells(source):
            if "nbgrader" in cell.metadata:
                text = answer.source if cell.id == answer.cell else cell.source
                try:
                    exec(compile(text, f"<{cell.id}>", "exec"), names)
                except (Exception, SystemExit):
                    assert not answer.right, f"{answer.folder}/{answer.name} is right but raises"
    return names


def graded(answer: BankAnswer, memory: Memory | None = MEMORY) -> list[Verdict]:
    """Judge the checks cell of the answer. memory: see `judge`; None: hypothesis runs every check."""
    cell = f"{answer.folder}_checks"
    modules = {cell: checks_for(cell)}
    material = replace(material_for(NOTEBOOK[answer.folder]), cache=FIXTURES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some answers cause warnings
        return judge(modules, lambda cell: InProcessChannel(namespace_with(answer)), material, memory)[cell]


def named(
    answer: BankAnswer, memory: Memory = MEMORY, catalogue: Catalogue | None = None
) -> tuple[list[Verdict], frozenset[str]]:
    """Judge the checks cell of the answer's solution cell: its verdicts, and the names of its mistakes; none: empty.

    catalogue: instead of the cell's own.
    """
    cell = f"{answer.cell}_checks"
    catalogue = catalogue or ASSIGNMENT.catalogue_for(cell)
    assert catalogue, cell
    material = replace(material_for(NOTEBOOK[answer.folder]), cache=FIXTURES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some answers cause warnings
        channel = InProcessChannel(namespace_with(answer))
        about = {cell: checks_for(cell)}, lambda cell: channel, material, memory, "", {cell: catalogue}
        verdicts, found = judge_and_diagnose(*about)
    return verdicts[cell], frozenset(found[cell].name.split(" + ")) if cell in found else frozenset()


def earned(verdicts: list[Verdict]) -> float:
    """The points of the passed checks."""
    return sum(v.points for v in verdicts if v.outcome is Outcome.PASSED)
