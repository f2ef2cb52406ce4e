"""Wrong answers of the bank get the name of their mistake, and no others do. `make quality` asks for the whole bank."""

from __future__ import annotations

import pytest

from tests.helpers.bank import BankAnswer, bank, named

# Kept by one worker of a parallel run, since the signatures of the catalogue are.
LABELLED = [answer for answer in bank() if answer.diagnosis and answer.folder != "weighted_run"][::7]
# Told apart from an entry, or from each other, by a further question only.
ALIKE = {("softmax", "constant_subtracted"), ("iris_hookup", "global_model")}
OTHERS = [answer for answer in bank() if not answer.diagnosis and answer.folder != "weighted_run"][::20]


@pytest.mark.parametrize("answer", LABELLED, ids=lambda a: f"{a.folder}/{a.name}")
def test_a_mistake_is_named(answer: BankAnswer) -> None:
    _, names = named(answer)
    assert names == answer.diagnosis


@pytest.mark.parametrize("answer", OTHERS, ids=lambda a: f"{a.folder}/{a.name}")
def test_a_right_answer_or_another_mistake_gets_no_name(answer: BankAnswer) -> None:
    _, names = named(answer)
    assert not names


def test_further_questions_tell_apart_what_the_checks_cannot() -> None:
    alike = [answer for answer in bank() if (answer.folder, answer.name) in ALIKE]
    assert {answer.name: named(answer)[1] for answer in alike} == {answer.name: answer.diagnosis for answer in alike}
