"""Judge every answer of the answer bank with the hidden checks, in this process, and compare with its stated score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.grading.verdict import Outcome
from tests.helpers.bank import BankAnswer, bank, earned, graded

BANK = bank()


@pytest.mark.parametrize("answer", BANK, ids=lambda a: f"{a.folder}/{a.name}")
def test_an_answer_gets_its_stated_score_and_fails_the_stated_checks(answer: BankAnswer) -> None:
    verdicts = graded(answer)
    assert Outcome.GRADER_ERROR not in {v.outcome for v in verdicts}, verdicts
    failed = {v.check for v in verdicts if v.outcome is not Outcome.PASSED}
    evidence = "\n".join(f"{v.check} {v.outcome}: {v.evidence}" for v in verdicts if v.check in failed)
    assert answer.fails <= failed, f"passed {answer.fails - failed}\n{evidence}"
    assert earned(verdicts) == pytest.approx(answer.score), f"{sorted(failed)}\n{evidence}"


@pytest.mark.parametrize(
    "weights", [a for a in BANK if a.right and a.folder == "inverse_ratio_weights"], ids=lambda a: a.name
)
def test_a_right_answer_costs_no_other_cell_a_point(weights: BankAnswer) -> None:
    """A right criterion on top of right weights, however these are computed."""
    criterion = next(a for a in BANK if (a.folder, a.name) == ("weighted_criterion", "module_with_weight"))
    both = replace(criterion, source=f"{weights.source}\n\n{criterion.source}")
    assert earned(graded(both)) == pytest.approx(criterion.score)


def test_the_bank_does_not_shrink() -> None:
    right = [a for a in BANK if a.right]
    assert len(right) >= 120
    assert len(BANK) - len(right) >= 460


@pytest.mark.parametrize(
    "path",
    [
        "softmax/base_two",
        "softmax/over_the_whole_batch",
        "cross_entropy/always_class_zero",
        "cross_entropy/binary_cross_entropy",
        "inverse_ratio_weights/equal_weights",
        "weighted_criterion/clamped_weights",
    ],
)
def test_a_usual_mistake_is_shown_with_all_numbers_of_its_example(path: str) -> None:
    """Not `softmax(Tensor[40, 12])`: the fixed large questions come after small ones."""
    answer = next(a for a in BANK if f"{a.folder}/{a.name}" == path)
    shown = [verdict.evidence[0] for verdict in graded(answer) if verdict.outcome is Outcome.WRONG]
    assert shown
    assert not [line for line in shown if "Tensor[" in line]
