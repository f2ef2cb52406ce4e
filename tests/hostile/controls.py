"""Controls: each attack where the wall that it tests is left out. There it must succeed, or it tests nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.isolation.bounds import ALL_WALLS, Bounds
from tests.hostile.bank import ALONE, Attack
from tests.hostile.run import PATIENT, TIGHT, WIDE, Bench, Report
from tests.hostile.world import World


class Benches:
    """Those that attacks and controls of one run need; each is started once."""

    def __init__(self) -> None:
        self.world = World()
        self._benches: dict[tuple[Bounds, frozenset[str]], Bench] = {}

    def bench(self, bounds: Bounds = TIGHT, without: Collection[str] = ()) -> Bench:
        """With these bounds, and without these walls."""
        key = bounds, frozenset(without)
        return self._benches.setdefault(key, Bench(self.world, *key))

    def control(self, attack: Attack, report: Report) -> Report | None:
        """The attack where the wall that it tests is left out; None where only root can try. report: behind the walls.

        Where there is no such wall, `report` itself.
        """
        match attack.control.removeprefix("as root ").split():
            case _ if attack.control.startswith("as root") and os.geteuid() != 0:
                return None
            case ["without", *walls]:
                without = ALL_WALLS if walls == ["everything"] else walls
                bounds = replace(WIDE, memory_bytes=TIGHT.memory_bytes)
                return self.bench(bounds, without).run(attack, PATIENT)
            case ["with", "room"]:
                return self.bench(WIDE).run(attack, PATIENT)
            case ["untouched"]:
                return self.bench().run(attack, untouched=True)
            case _ if attack.control == ALONE:
                return report
            case ["in", "one", "process"]:
                return together(attack)
            case ["on", "the", "path"]:
                return on_the_path(attack, self.world)
        raise AssertionError(f"{attack.name}: no such control: {attack.control}")

    def close(self) -> None:
        """End everything."""
        for bench in self._benches.values():
            bench.close()
        self.world.close()


def succeeded(control: Report) -> bool:
    """Whether a control shows that the attack is one."""
    return control.took_place if control.attack.control == ALONE else control.attack.shows <= control.effects


TOGETHER = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy, torch
from tests.helpers.loss_functions import checks_for
from grader.grading.judge import judge
from tests.helpers.bank import BankChannel, earned
from tests.hostile.run import CHECKS
def reach(_):
    names = {"torch": torch}
    exec(sys.stdin.read(), names)
    return BankChannel(names)
verdicts = judge({CHECKS: checks_for(CHECKS)}, reach)[CHECKS]
print("EARNED", earned(verdicts), *{verdict.outcome for verdict in verdicts})
"""


def together(attack: Attack) -> Report:
    """Checks and student in one process, of its own."""
    command = [sys.executable, "-c", TOGETHER]
    done = subprocess.run(command, cwd=PROJECT, input=attack.cell, capture_output=True, text=True, timeout=120)
    said = done.stdout.partition("EARNED ")[2].split()
    assert said, done.stderr
    effects = frozenset({"points"} if float(said[0]) > 0 else ())
    return Report(attack, effects, frozenset(said[1:]), done.stdout + done.stderr, 0.0)


def on_the_path(attack: Attack, world: World) -> Report:
    """Its files in the folder where a plain Python, started as everyone starts it, looks first."""
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
