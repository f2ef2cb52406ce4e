"""Hostile submissions, run behind the walls available to the user of the tests: none may have an effect.

`python -m tests.hostile` runs them in four settings, with every control.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.bank import TOOK_PLACE, load_attacks
from tests.hostile.controls import AttackRunners, control_succeeded

ATTACKS = {attack.name: attack for attack in load_attacks()}
# Controls double the time, so only one of each kind runs here, and those that are the attack itself.
CONTROLLED = {attack.control: attack.name for attack in load_attacks()}


@pytest.fixture(scope="module")
def runners() -> Iterator[AttackRunners]:
    """Fork servers shared by the tests of this file."""
    runners = AttackRunners()
    yield runners
    runners.close()


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_has_no_effect_unless_its_wall_is_switched_off(name: str, runners: AttackRunners) -> None:
    attack = ATTACKS[name]
    report = runners.runner().run(attack)
    assert not report.effects, str(report)
    if attack.control == TOOK_PLACE or CONTROLLED[attack.control] == name:
        control = runners.run_control(attack, report)
        assert control is None or control_succeeded(control), str(control)


def test_a_right_answer_still_has_full_marks_afterwards(runners: AttackRunners) -> None:
    assert runners.runner().right_answer_has_full_marks()
