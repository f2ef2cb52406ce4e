"""Submissions that attack, behind the walls of whoever runs the tests: nothing may come of any.

`python -m tests.hostile` does it in four settings, with every control.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.bank import ALONE, bank
from tests.hostile.controls import Benches, succeeded

ATTACKS = {attack.name: attack for attack in bank()}
# Controls take as long again: here one of each kind, and those that are the attack itself.
CONTROLLED = {attack.control: attack.name for attack in bank()}


@pytest.fixture(scope="module")
def benches() -> Iterator[Benches]:
    """Of this file."""
    benches = Benches()
    yield benches
    benches.close()


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_achieves_nothing_but_where_its_wall_is_left_out(name: str, benches: Benches) -> None:
    attack = ATTACKS[name]
    report = benches.bench().run(attack)
    assert not report.effects, str(report)
    if attack.control == ALONE or CONTROLLED[attack.control] == name:
        control = benches.control(attack, report)
        assert control is None or succeeded(control), str(control)


def test_afterwards_a_right_answer_has_full_marks(benches: Benches) -> None:
    assert benches.bench().honest()
