"""The catalogues of misconceptions: right names pass all checks, each mistake fails one, and the bank uses its names."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from typing import Any

import nbformat
import pytest

from grader.checking.misconceptions import Catalogue, Misconception
from grader.grading.judge import judge
from grader.grading.verdict import Outcome, Verdict
from tests.helpers.bank import FIXTURES, MEMORY, NOTEBOOK, BankChannel, bank
from tests.helpers.loss_functions import ASSIGNMENT, RELEASE, checks_for, material_for

CATALOGUES = {
    cell: catalogue for cell in NOTEBOOK if (catalogue := ASSIGNMENT.catalogue_for(f"{cell}_checks")) is not None
}
ENTRIES = [(cell, entry) for cell, catalogue in CATALOGUES.items() for entry in catalogue.entries]
RIGHT = [
    (cell, k, right)
    for cell, catalogue in CATALOGUES.items()
    for k, right in enumerate((catalogue.right, *catalogue.also_right))
]
# No answer of the bank makes these.
WITHOUT_AN_ANSWER: set[tuple[str, str]] = set()


def judged(cell: str, names: dict[str, Any]) -> list[Verdict]:
    """The verdicts on these names."""
    checks = f"{cell}_checks"
    material = replace(material_for(NOTEBOOK[cell]), cache=FIXTURES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some mistakes cause warnings
        return judge({checks: checks_for(checks)}, lambda _: BankChannel(names), material, MEMORY)[checks]


@pytest.mark.parametrize(("cell", "k", "right"), RIGHT, ids=lambda v: v if isinstance(v, (str, int)) else "")
def test_right_names_pass_all_checks(cell: str, k: int, right: dict[str, Any]) -> None:
    verdicts = judged(cell, CATALOGUES[cell].names_with(right=right))
    assert {v.check: v.evidence for v in verdicts if v.outcome is not Outcome.PASSED} == {}


@pytest.mark.parametrize(("cell", "entry"), ENTRIES, ids=lambda v: v if isinstance(v, str) else v.name)
def test_a_misconception_fails_a_check_and_breaks_none(cell: str, entry: Misconception) -> None:
    outcomes = {v.outcome for v in judged(cell, CATALOGUES[cell].names_with(entry))}
    assert outcomes & {Outcome.WRONG, Outcome.RAISED}
    assert Outcome.GRADER_ERROR not in outcomes


@pytest.mark.parametrize("cell", CATALOGUES)
def test_a_student_can_read_about_a_misconception(cell: str) -> None:
    notebook = nbformat.read(RELEASE / f"{NOTEBOOK[cell]}.ipynb", as_version=4)
    lessons = {c.id for c in notebook.cells if c.cell_type == "markdown"}
    assert {entry.read for entry in CATALOGUES[cell].entries} <= lessons
    for entry in CATALOGUES[cell].entries:
        assert entry.text.endswith("。") or entry.text.endswith("）。")
        assert entry.make.__doc__, entry.name


@pytest.mark.parametrize("cell", CATALOGUES)
def test_a_name_is_given_once_in_a_catalogue(cell: str) -> None:
    assert max(Counter(entry.name for entry in CATALOGUES[cell].entries).values()) == 1


def test_the_catalogues_have_at_least_60_names() -> None:
    assert set(CATALOGUES) == set(NOTEBOOK) - {"weighted_run"}
    assert len({entry.name for _, entry in ENTRIES}) >= 60


def test_answers_make_the_mistakes_of_the_catalogue_of_their_cell() -> None:
    made = {(answer.cell, name) for answer in bank() for name in answer.diagnosis}
    # An entry of a part that is shared by two cells may have its answer in one of them.
    known = {(cell, entry.name) for cell, entry in ENTRIES}
    assert made <= known
    assert {(cell, name) for cell, name in known - made if name not in {n for _, n in made}} == WITHOUT_AN_ANSWER
