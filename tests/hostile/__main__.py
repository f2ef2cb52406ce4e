"""`python -m tests.hostile [KIND | KIND/NAME …]`: the bank in four settings, its controls, and honest answers; a table.

Exit status 1 where an attack achieved anything, a control achieved nothing, or a right answer lost a point.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from grader.sandbox.isolation.bounds import OUTER_WALL
from tests.hostile.bank import ALONE, Attack, bank
from tests.hostile.controls import Benches, succeeded
from tests.hostile.honest import fallen_short
from tests.hostile.settings import Setting, possible


def main(arguments: Sequence[str]) -> int:
    """→ exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("names", nargs="*", help="folders or attacks (default: all, and the right answers)")
    parser.add_argument("--here", action="store_true", help="in the setting of this process alone; JSON lines")
    options = parser.parse_args(arguments)
    attacks = [attack for attack in bank() if not options.names or {attack.kind, attack.name} & {*options.names}]
    if not attacks:
        parser.error(f"no such attack: {' '.join(options.names)}")
    if options.here:
        tell(attacks)
        return 0
    return everywhere(attacks, options.names, Console(width=None if sys.stdout.isatty() else 120))


def tell(attacks: Sequence[Attack]) -> None:
    """A line for each attack, in this process's setting."""
    benches = Benches()
    controls = OUTER_WALL in benches.bench().server.walls().standing  # else they leave out the same walls once more
    try:
        for attack in attacks:
            report = benches.bench().run(attack)
            control = benches.control(attack, report) if controls or attack.control == ALONE else None
            said = {"name": attack.name, "effects": sorted(report.effects), "seconds": report.seconds}
            said["control"] = None if control is None else succeeded(control)
            if report.effects or said["control"] is False:
                said["text"] = f"{report}\n{control}"
            print(json.dumps(said), flush=True)
        assert benches.bench().honest(), "after all that, a right answer has full marks"
    finally:
        benches.close()


@dataclass(frozen=True)
class Outcome:
    """Of one setting. told: what `tell` printed. short: right answers that lost points; None: nobody asked."""

    setting: Setting
    told: list[dict[str, Any]]
    short: list[str] | None
    status: int

    @property
    def effects(self) -> Counter[str]:
        """What attacks achieved."""
        return Counter(effect for said in self.told for effect in said["effects"])

    @property
    def controls(self) -> list[bool]:
        """Which of the controls showed that their attack is one."""
        return [said["control"] for said in self.told if said["control"] is not None]

    @property
    def failed(self) -> bool:
        """Whether anything is not as it must be."""
        return bool(self.status or self.effects or self.short or not all(self.controls))

    def row(self) -> list[str]:
        """Of the table."""
        effects = ", ".join(f"{effect} {number}" for effect, number in self.effects.items())
        slowest = max((said["seconds"] for said in self.told), default=0.0)
        short = "–" if self.short is None else str(len(self.short))
        controls = str(len(self.controls)), str(self.controls.count(False))
        return [str(self.setting), str(len(self.told)), effects or "0", *controls, f"{slowest:.0f} s", short]


def everywhere(attacks: Sequence[Attack], names: Sequence[str], console: Console) -> int:
    """All settings, two at a time; → exit status."""
    table = Table("setting", "attacks", "effects", "controls", "without effect", "slowest", "right answers short")
    with Progress(console=console) as progress, ThreadPoolExecutor(2) as pool:

        def outcome(setting: Setting) -> Outcome:
            told = []
            with setting.started("-m", "tests.hostile", "--here", *names) as (process, lines):
                for line in progress.track(lines, total=len(attacks), description=str(setting)):
                    told.append(json.loads(line))
                    if "text" in told[-1]:
                        console.print(told[-1]["text"], markup=False)
            return Outcome(setting, told, None if names else fallen_short(setting), process.returncode)

        outcomes = list(pool.map(outcome, possible()))
    for ended in outcomes:
        table.add_row(*ended.row())
        for line in ended.short or ():
            console.print(f"{ended.setting}: {line}", markup=False)
    console.print(table)
    return int(any(ended.failed for ended in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
