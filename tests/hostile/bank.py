"""The hostile bank as data.

`<kind>/<name>.py` is what a student typed into the cell of softmax; `<kind>/<name>/cell.py` the same, with whatever
else lies there handed in beside the notebook. The first comment says what it tries, and two lines what must be seen:

    # It fills the memory with one array.
    # holds: a MemoryError, or the end of the process
    # control: with room → held

The control is the same attack where the wall that it tests is left out; there it must succeed, or a typo would pass for
safety. What it shows is one of `EFFECTS`. Controls:

    without landlock namespaces     a server that leaves out these walls ("everything" for all)
    as root without …               the same; nobody else can succeed
    with room                       the same walls with wide bounds
    in one process                  checks and student in one process, as everywhere else
    untouched                       the notebook is graded as it was handed in, not rebuilt
    on the path                     its files where Python looks first
    it took place → gone wrong      no wall to leave out: the checks must have had one of these outcomes, and what is no
                                    outcome (READY) must stand below the cell
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
# What an attack may achieve. allowed: a call went through that must be refused; held: more than its bounds;
# reached: somebody else's process or socket; changed: a file that is not its own; left: something after its end.
EFFECTS = {"points", "secret", "allowed", "held", "reached", "changed", "left", "others"}
WALLS = {"calls", "changes", "disk", "memory", "network", "leftovers", "processes", "secrets"}  # kinds that aim at them
ALONE = "it took place"
WRONG = "\nimport torch\ndef softmax(logits): return torch.zeros_like(logits)\n"


@dataclass(frozen=True)
class Attack:
    """One of the bank. files: handed in beside the notebook. shows: what its control must show."""

    name: str
    tries: str
    holds: str
    control: str
    shows: frozenset[str]
    source: str
    files: tuple[tuple[str, bytes], ...] = ()

    @property
    def kind(self) -> str:
        """Its folder."""
        return self.name.split("/")[0]

    @property
    def at_walls(self) -> bool:
        """Whether what surrounds the process matters to it."""
        return self.kind in WALLS

    @property
    def edits_notebook(self) -> bool:
        """Whether it is a function `hand_in` that edits the notebook file, instead of a cell's text."""
        return self.kind == "notebook"

    @property
    def cell(self) -> str:
        """What stands in the cell of softmax."""
        if self.edits_notebook:
            return WRONG
        name = "prelude.py" if self.at_walls else "prelude_pipe.py" if self.kind == "pipe" else ""
        prelude = (HERE / name).read_text() if name else ""
        return prelude + self.source + ("" if "def softmax" in self.source else WRONG)


def bank() -> list[Attack]:
    """All attacks, in order."""
    return [_read(path) for path in sorted([*HERE.glob("*/*.py"), *HERE.glob("*/*/cell.py")])]


def _read(path: Path) -> Attack:
    folder = path.parent if path.name == "cell.py" else None
    name = (folder or path.with_suffix("")).relative_to(HERE).as_posix()
    source = path.read_text()
    match = re.match(r"((?:# .+\n)+?)# holds: (.+)\n# control: (.+) → (.+)\n", source)
    assert match, f"{name}: no header"
    tries = " ".join(line.removeprefix("# ") for line in match[1].splitlines())
    files = sorted(folder.glob("*.txt")) if folder else []
    handed_in = tuple((file.name.removesuffix(".txt"), file.read_bytes()) for file in files)
    shows = frozenset(match[4].split())
    assert match[3].startswith(ALONE) or shows <= EFFECTS, f"{name}: {match[4]}"
    return Attack(name, tries, match[2], match[3], shows, source, handed_in)
