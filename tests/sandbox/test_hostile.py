"""Hostile submissions, run behind the walls available to the user of the tests: none may have an effect.

`python -m tests.hostile` runs them in four settings, with every control.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.bank import ALONE, bank
from tests.hostile.controls import Benches, succeeded

ATTACKS = {attack.name: attack for attack in bank()}
# Controls double the time, so only one of each kind runs here, and those that are the attack itself.
CONTROLLED = {attack.control: attack.name for attack in bank()}


@pytest.fixture(scope="module")
def benches() -> Iterator[Benches]:
    """Fork servers shared by the tests of this file."""
    benches = Benches()
    yield benches
    benches.close()


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_has_no_effect_unless_its_wall_is_switched_off(name: str, benches: Benches) -> None:
    attack = ATTACKS[name]
    report = benches.bench().run(attack)
    assert not report.effects, str(report)
    if attack.control == ALONE or CONTROLLED[attack.control] == name:
        control = benches.control(attack, report)
        assert control is None or succeeded(control), str(control)


def test_a_right_answer_still_has_full_marks_afterwards(benches: Benches) -> None:
    assert benches.bench().honest()
