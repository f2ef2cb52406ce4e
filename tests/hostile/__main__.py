"""Run all attacks, or some kinds, in four settings: `python -m tests.hostile [KIND | KIND/NAME …]`.

Prints a table. Exit status 1 if an attack had an effect, a control had none, or a right answer lost a point.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from grader.sandbox.isolation.bounds import OUTER_WALL
from tests.hostile.bank import TOOK_PLACE, Attack, load_attacks
from tests.hostile.controls import AttackRunners, control_succeeded
from tests.hostile.honest import lost_points
from tests.hostile.settings import Setting, possible


class AttackRecord(TypedDict):
    """One line of output of `run_here`. control: whether it succeeded, or None if it did not run."""

    name: str
    effects: list[str]
    seconds: float
    control: bool | None
    text: NotRequired[str]


def main(arguments: Sequence[str]) -> int:
    """→ exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("names", nargs="*", help="kinds or attacks (default: all, and the right answers)")
    parser.add_argument("--here", action="store_true", help="only in the setting of this process; prints JSON lines")
    options = parser.parse_args(arguments)
    attacks = [a for a in load_attacks() if not options.names or {a.kind, a.name} & {*options.names}]
    if not attacks:
        parser.error(f"no such attack: {' '.join(options.names)}")
    if options.here:
        run_here(attacks)
        return 0
    return run_settings(attacks, options.names, Console(width=None if sys.stdout.isatty() else 120))


def run_here(attacks: Sequence[Attack]) -> None:
    """Run attacks and controls in this process's setting; print one JSON line for each attack."""
    runners = AttackRunners()
    with_controls = OUTER_WALL in runners.runner().server.walls().standing  # with the inner wall alone: the same runs
    try:
        for attack in attacks:
            report = runners.runner().run(attack)
            control = runners.run_control(attack, report) if with_controls or attack.control == TOOK_PLACE else None
            record = AttackRecord(
                name=attack.name,
                effects=sorted(report.effects),
                seconds=report.seconds,
                control=None if control is None else control_succeeded(control),
            )
            if report.effects or record["control"] is False:
                record["text"] = f"{report}\n{control}"
            print(json.dumps(record), flush=True)
        assert runners.runner().right_answer_has_full_marks(), "a right answer lost points after the attacks"
    finally:
        runners.close()


@dataclass(frozen=True)
class SettingResult:
    """The records of one setting. lost: see `lost_points`; None: not graded. status: exit status of its process."""

    setting: Setting
    records: list[AttackRecord]
    lost: list[str] | None
    status: int

    @property
    def effects(self) -> Counter[str]:
        """Effect → number of attacks that had it."""
        return Counter(effect for record in self.records for effect in record["effects"])

    @property
    def controls(self) -> list[bool]:
        """For each control that ran, whether it succeeded."""
        return [record["control"] for record in self.records if record["control"] is not None]

    @property
    def failed(self) -> bool:
        """Whether the run must end with exit status 1."""
        return bool(self.status or self.effects or self.lost or not all(self.controls))

    def row(self) -> list[str]:
        """The row of the table."""
        effects = ", ".join(f"{effect} {number}" for effect, number in self.effects.items())
        slowest = max((record["seconds"] for record in self.records), default=0.0)
        lost = "–" if self.lost is None else str(len(self.lost))
        controls = str(len(self.controls)), str(self.controls.count(False))
        return [str(self.setting), str(len(self.records)), effects or "0", *controls, f"{slowest:.0f} s", lost]


def run_settings(attacks: Sequence[Attack], names: Sequence[str], console: Console) -> int:
    """Run all settings, two at a time; → exit status."""
    table = Table("setting", "attacks", "effects", "controls", "failed controls", "slowest", "points lost")
    with Progress(console=console) as progress, ThreadPoolExecutor(2) as pool:

        def run(setting: Setting) -> SettingResult:
            records: list[AttackRecord] = []
            with setting.started("-m", "tests.hostile", "--here", *names) as (process, lines):
                for line in progress.track(lines, total=len(attacks), description=str(setting)):
                    records.append(json.loads(line))
                    if "text" in records[-1]:
                        console.print(records[-1]["text"], markup=False)
            return SettingResult(setting, records, None if names else lost_points(setting), process.returncode)

        results = list(pool.map(run, possible()))
    for result in results:
        table.add_row(*result.row())
        for line in result.lost or ():
            console.print(f"{result.setting}: {line}", markup=False)
    console.print(table)
    return int(any(result.failed for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
