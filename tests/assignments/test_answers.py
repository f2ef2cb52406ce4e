"""Every answer of the bank through the hidden checks, in this process."""

from __future__ import annotations

import pytest

from grader.grading.verdict import Outcome
from tests.helpers.bank import BankAnswer, bank, earned, graded

BANK = bank()


@pytest.mark.parametrize("answer", BANK, ids=lambda a: f"{a.folder}/{a.name}")
def test_answer(answer: BankAnswer) -> None:
    verdicts = graded(answer)
    assert Outcome.GRADER_ERROR not in {v.outcome for v in verdicts}, verdicts
    failed = {v.check for v in verdicts if v.outcome is not Outcome.PASSED}
    evidence = "\n".join(f"{v.check} {v.outcome}: {v.evidence}" for v in verdicts if v.check in failed)
    assert answer.fails <= failed, f"not caught by {answer.fails - failed}\n{evidence}"
    assert earned(verdicts) == pytest.approx(answer.score), f"{sorted(failed)}\n{evidence}"


SAMPLE = [answer for answer in BANK if answer.right] + [answer for answer in BANK if not answer.right][::8]


@pytest.mark.parametrize("answer", SAMPLE, ids=lambda a: f"{a.folder}/{a.name}")
def test_what_is_prepared_changes_no_verdict(answer: BankAnswer) -> None:
    """Outcome, points and evidence are those of hypothesis alone; `make quality` compares the whole bank."""
    assert graded(answer) == graded(answer, memory=None)


def test_size() -> None:
    """A bank that shrinks measures less."""
    right = [a for a in BANK if a.right]
    assert len(right) >= 25
    assert len(BANK) - len(right) >= 70
