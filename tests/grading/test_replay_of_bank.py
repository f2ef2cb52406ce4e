"""Replayed checks have the verdicts of hypothesis for a tenth of the answers; `make quality` compares all of them."""

from __future__ import annotations

import runpy
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.helpers.bank import BankAnswer, bank, graded
from tests.quality import both_ways, catching, naming

BANK = bank()
# Judging each twice, once without replay, takes a second.
SAMPLE = [answer for answer in BANK if answer.right][::4] + [answer for answer in BANK if not answer.right][::16]


@pytest.mark.parametrize("answer", SAMPLE, ids=lambda a: f"{a.folder}/{a.name}")
def test_replayed_checks_give_the_verdicts_of_hypothesis(answer: BankAnswer) -> None:
    """Outcome, points and evidence are equal."""
    assert graded(answer) == graded(answer, memory=None)


def test_make_quality_compares_the_whole_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def same(answer: BankAnswer) -> bool:
        compared.append(answer)
        return answer != BANK[-1]

    monkeypatch.setattr(both_ways, "ProcessPoolExecutor", lambda workers, mp_context: ThreadPoolExecutor(workers))
    monkeypatch.setattr(both_ways, "same_verdicts", same)
    for other in (catching, naming):
        monkeypatch.setattr(other, "main", lambda folders: 0)
    monkeypatch.setattr(sys, "argv", ["tests.quality"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("tests.quality", run_name="__main__")
    assert ended.value.code == 1, "one differs"
    assert sorted(compared, key=BANK.index) == BANK
