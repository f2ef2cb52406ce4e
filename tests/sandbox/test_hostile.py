"""Hostile submissions, run behind the walls available to the user of the tests: none may have an effect.

About a quarter of the bank runs here; `make hostile` runs all of it in four settings, with every control.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from grader.nbgrader_plugin.course import PROJECT
from tests.hostile import __main__ as make_hostile
from tests.hostile.bank import TOOK_PLACE, Attack, load_attacks, sample
from tests.hostile.controls import AttackRunners, control_succeeded

BANK = load_attacks()
ATTACKS = {attack.name: attack for attack in sample(BANK)}
# Controls double the time, so only one of each kind runs here, and those that are the attack itself.
CONTROLLED = {attack.control: name for name, attack in ATTACKS.items()}


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


def test_the_sample_has_two_attacks_of_each_kind_and_every_control() -> None:
    kinds = [attack.kind for attack in ATTACKS.values()]
    assert min(kinds.count(attack.kind) for attack in BANK) >= 2
    assert set(CONTROLLED) == {attack.control for attack in BANK}


def test_make_hostile_runs_the_whole_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Attack] = []
    monkeypatch.setattr(make_hostile, "run_settings", lambda attacks, *_: ran.extend(attacks) or 0)
    assert make_hostile.main([]) == 0
    assert ran == BANK
    commands = subprocess.run(["make", "--dry-run", "hostile"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert any(line.endswith("python -m tests.hostile") for line in commands.stdout.splitlines())
