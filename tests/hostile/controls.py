"""Run controls: each attack without the wall that it tests. There it must succeed, or it tests nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from grader.grading import evidence, grade
from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.isolation.bounds import ALL_WALLS, Bounds
from tests.hostile.bank import TOOK_PLACE, Attack
from tests.hostile.pages import without_cleaning
from tests.hostile.run import LONG_TIMEOUTS, TIGHT_BOUNDS, WIDE_BOUNDS, AttackRunner, Report
from tests.hostile.world import World


class AttackRunners:
    """The runners that attacks and controls of one run need, each started once."""

    def __init__(self) -> None:
        self.world = World()
        self._runners: dict[tuple[Bounds, frozenset[str]], AttackRunner] = {}

    def runner(self, bounds: Bounds = TIGHT_BOUNDS, without: Collection[str] = ()) -> AttackRunner:
        """The runner with these bounds and without these walls."""
        key = bounds, frozenset(without)
        return self._runners.setdefault(key, AttackRunner(self.world, *key))

    def run_control(self, attack: Attack, report: Report) -> Report | None:
        """Run the attack without the wall that it tests; None where only root can do that.

        report: of the attack behind the walls; returned if there is no such wall.
        """
        match attack.control.removeprefix("as root ").split():
            case _ if attack.control.startswith("as root") and os.geteuid() != 0:
                return None
            case ["without", "cleaning"]:
                with without_cleaning():
                    return self.runner().run(attack, untouched=True)
            case ["without", *walls]:
                without = ALL_WALLS if walls == ["everything"] else walls
                bounds = replace(WIDE_BOUNDS, memory_bytes=TIGHT_BOUNDS.memory_bytes)
                return self.runner(bounds, without).run(attack, LONG_TIMEOUTS)
            case ["with", "room"]:
                return self.runner(WIDE_BOUNDS).run(attack, LONG_TIMEOUTS)
            case ["untouched"]:
                return self.runner().run(attack, untouched=True)
            case ["as", "it", "was"]:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(grade, "confirm", lambda verdicts, *_: verdicts)
                    for name in ("_has_line", "_is_defined"):
                        patch.setattr(evidence, name, lambda *_: True)
                    return self.runner().run(attack, in_place=True)
            case _ if attack.control == TOOK_PLACE:
                return report
            case ["in", "one", "process"]:
                return run_in_one_process(attack)
            case ["on", "the", "path"]:
                return run_with_files_on_path(attack, self.world)
        raise AssertionError(f"{attack.name}: unknown control: {attack.control}")

    def close(self) -> None:
        """Stop all servers and remove the targets."""
        for runner in self._runners.values():
            runner.close()
        self.world.close()


def control_succeeded(control: Report) -> bool:
    """Whether the control shows the effects or outcomes that its attack announces."""
    return control.took_place if control.attack.control == TOOK_PLACE else control.attack.shows <= control.effects


# Reads an answer from stdin, judges it in this process, and prints its points and outcomes.
ONE_PROCESS_SCRIPT = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy, torch
from tests.helpers.loss_functions import checks_for
from grader.grading.judge import judge
from grader.student.proxy import InProcessChannel
from tests.helpers.bank import earned
from tests.hostile.pages import without_cleaning
from tests.hostile.run import CHECKS_CELL
def run_up_to(_):
    names = {"torch": torch}
    exec(sys.stdin.read(), names)
    return InProcessChannel(names)
verdicts = judge({CHECKS_CELL: checks_for(CHECKS_CELL)}, run_up_to)[CHECKS_CELL]
print("EARNED", earned(verdicts), *{verdict.outcome for verdict in verdicts})
"""


def run_in_one_process(attack: Attack) -> Report:
    """Run checks and student in one process, started for this attack."""
    command = [sys.executable, "-c", ONE_PROCESS_SCRIPT]
    done = subprocess.run(command, cwd=PROJECT, input=attack.cell, capture_output=True, text=True, timeout=120)
    words = done.stdout.partition("EARNED ")[2].split()
    assert words, done.stderr
    effects = frozenset({"points"} if float(words[0]) > 0 else ())
    return Report(attack, effects, frozenset(words[1:]), done.stdout + done.stderr, 0.0)


def run_with_files_on_path(attack: Attack, world: World) -> Report:
    """Run pytest with the submitted files in a folder on PYTHONPATH."""
    folder = Path(world.root, "path")
    folder.mkdir()
    for name, content in attack.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "test_nothing.py").write_text(f"import {attack.name.split('/')[1].removesuffix('_py')}\n")
    environment = os.environ | {"PYTHONPATH": str(folder), "OPEN": str(world.root / "open")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    subprocess.run(["rm", "-r", folder], check=True)
    return Report(attack, frozenset(world.effects()), frozenset(), done.stdout + done.stderr, 0.0)
