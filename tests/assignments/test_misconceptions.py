"""The catalogues: right names pass all checks, each misconception fails one, and the bank uses their names."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import nbformat
import pytest

from grader.checking.misconceptions import Misconception
from grader.errors import StudentError
from grader.grading.judge import judge
from grader.grading.recordings import Check, Memory
from grader.grading.verdict import Outcome, Verdict
from grader.student.proxy import InProcessChannel, Student
from tests.helpers.bank import FIXTURES, MEMORY, NOTEBOOK, bank
from tests.helpers.loss_functions import ASSIGNMENT, PROJECT, checks_for, material_for

CATALOGUES = {
    cell: catalogue for cell in NOTEBOOK if (catalogue := ASSIGNMENT.catalogue_for(f"{cell}_checks")) is not None
}
ENTRIES = [(cell, entry) for cell, catalogue in CATALOGUES.items() for entry in catalogue.entries]
RIGHT = [
    (cell, k, right)
    for cell, catalogue in CATALOGUES.items()
    for k, right in enumerate((catalogue.right, *catalogue.also_right))
]
# No answer of the bank makes these, in this or in another cell.
WITHOUT_AN_ANSWER = {
    "softmax": {"exponentials_only", "keepdim_forgotten_everywhere"},
    "cross_entropy": {
        "epsilon_1e_10_inside_log",
        "epsilon_1e_12_inside_log",
        "one_hot_expected",
        "probability_clamped_at_1e_8",
    },
    "iris_hookup": set(),
    "inverse_ratio_weights": set(),
    "weighted_criterion": {"weights_of_first_call"},
}


def judged(cell: str, names: dict[str, Any], memory: Memory = MEMORY) -> list[Verdict]:
    """The verdicts on these names."""
    checks = f"{cell}_checks"
    material = replace(material_for(NOTEBOOK[cell]), cache=FIXTURES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some mistakes cause warnings
        return judge({checks: checks_for(checks)}, lambda _: InProcessChannel(names), material, memory)[checks]


def fails_as_drawn(cell: str, names: dict[str, Any]) -> bool:
    """Whether these names fail a check on an example that hypothesis draws first. Shrinking would take most time."""
    student = Student(InProcessChannel(names))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for check, example in drawn_examples(cell):
            try:
                check.hypothesis.inner_test(student=student, **example)
            except StudentError:
                return True
    return False


@cache
def drawn_examples(cell: str) -> list[tuple[Check, dict[str, Any]]]:
    """The checks of a cell that draw examples, with their first ones."""
    memory = Memory()
    judged(cell, CATALOGUES[cell].names_with(), memory)
    return [(check, example) for check, recording in memory.items() for example in recording.examples[:8]]


@pytest.mark.parametrize(("cell", "k", "right"), RIGHT, ids=lambda v: v if isinstance(v, (str, int)) else "")
def test_right_names_pass_all_checks(cell: str, k: int, right: dict[str, Any]) -> None:
    verdicts = judged(cell, CATALOGUES[cell].names_with(right=right))
    assert {v.check: v.evidence for v in verdicts if v.outcome is not Outcome.PASSED} == {}


@pytest.mark.parametrize(("cell", "entry"), ENTRIES, ids=lambda v: v if isinstance(v, str) else v.name)
def test_a_misconception_fails_a_check(cell: str, entry: Misconception) -> None:
    catalogue = CATALOGUES[cell]
    assert fails_as_drawn(cell, catalogue.names_with(entry)) or any(
        v.outcome in (Outcome.WRONG, Outcome.RAISED) for v in judged(cell, catalogue.names_with(entry))
    )


@pytest.mark.parametrize("cell", CATALOGUES)
def test_a_student_can_read_about_a_misconception(cell: str) -> None:
    notebook = nbformat.read(PROJECT / "release" / "loss_functions" / f"{NOTEBOOK[cell]}.ipynb", as_version=4)
    lessons = {c.id for c in notebook.cells if c.cell_type == "markdown"}
    assert {entry.read for entry in CATALOGUES[cell].entries} <= lessons
    for entry in CATALOGUES[cell].entries:
        assert entry.text.endswith("。"), entry.name
        assert entry.make.__doc__, entry.name


@pytest.mark.parametrize("cell", CATALOGUES)
def test_a_name_is_given_once_in_a_catalogue(cell: str) -> None:
    assert max(Counter(entry.name for entry in CATALOGUES[cell].entries).values()) == 1


def test_the_catalogues_have_at_least_60_names() -> None:
    assert set(CATALOGUES) == set(NOTEBOOK) - {"weighted_run"}
    assert len({entry.name for _, entry in ENTRIES}) >= 60


def test_answers_make_the_mistakes_of_the_catalogue_of_their_cell() -> None:
    made = {(answer.cell, name) for answer in bank() for name in answer.diagnosis}
    assert made <= {(cell, entry.name) for cell, entry in ENTRIES}
    anywhere = {name for _, name in made}
    for cell, catalogue in CATALOGUES.items():
        assert {entry.name for entry in catalogue.entries} - anywhere == WITHOUT_AN_ANSWER[cell]
