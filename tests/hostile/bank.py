"""Read the bank of attacks: `<kind>/<name>.py`, one hostile answer each.

The file is the text of the cell `softmax`; after a line `# %% after the checks`, that of the notebook's last cell.
`<kind>/<name>/cell.py` is the same, submitted together with the other files
of its folder. The comment at the top says what the attack tries; two more lines say what must be observed:

    # It fills the memory with one array.
    # holds: a MemoryError, or the end of the process
    # control: with room → held

The control is the same attack without the wall that it tests. There it must succeed: otherwise the attack has a mistake
and its failure proves nothing. After the arrow: the effects that the control must show (`EFFECTS`). Controls:

    without landlock namespaces     on a server that leaves out these walls ("everything": all)
    as root without …               the same; only root can succeed
    with room                       with the same walls and wide bounds
    in one process                  with checks and student in one process, as in most graders
    untouched                       with the submitted notebook graded as it is, not rebuilt
    without cleaning                the same, and its text and outputs are shown as they are
    on the path                     with the submitted files first on Python's import path
    as it was                       with questions asked between the cells, and evidence that shows every reply
    it took place → crashed wrong   there is no wall to leave out: each check must have had one of these outcomes, and
                                    words that are not outcomes (READY) must appear in the cell's output
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BANK = Path(__file__).parent
# Possible effects of an attack. allowed: a forbidden system call succeeded. held: more than the bounds allow. reached:
# the process or socket of another user. changed: a file outside the sandbox. left: something survived the notebook.
# others: another student's process was harmed. told: what it shows depends on questions that it may not show.
# On a page: heavy (more than its bounds), fetched (a picture from elsewhere), covered (a formula paints over the rest).
EFFECTS = {
    "points", "told", "secret", "allowed", "held", "reached", "changed", "left", "others",
    "heavy", "fetched", "covered",
}  # fmt: skip
WALL_KINDS = {"calls", "changes", "disk", "memory", "network", "leftovers", "processes", "secrets"}
TOOK_PLACE = "it took place"
AFTER_THE_CHECKS = "# %% after the checks\n"
PRELUDES = {"pipe": "prelude_pipe.py", "asking": "prelude_asking.py"} | dict.fromkeys(WALL_KINDS, "prelude.py")
WRONG_ANSWER = "\nimport torch\ndef softmax(logits): return torch.zeros_like(logits)\n"


@dataclass(frozen=True)
class Attack:
    """One attack. files: submitted beside the notebook. shows: what its control must show. The rest: the header."""

    name: str
    tries: str
    holds: str
    control: str
    shows: frozenset[str]
    source: str
    files: tuple[tuple[str, bytes], ...] = ()

    @property
    def kind(self) -> str:
        """The name of its folder."""
        return self.name.split("/")[0]

    @property
    def targets_walls(self) -> bool:
        """Whether it attacks the sandbox around the process."""
        return self.kind in WALL_KINDS

    @property
    def edits_notebook(self) -> bool:
        """Whether its source is a function `hand_in` that edits the notebook file, instead of the text of a cell."""
        return "\ndef hand_in(" in self.source

    @property
    def attacks_pages(self) -> bool:
        """Whether the pages of its graded notebook are examined."""
        return self.kind == "shown"

    @property
    def cell(self) -> str:
        """The text of the cell `softmax`: a prelude where the kind needs one, the attack, a wrong answer."""
        if self.edits_notebook:
            return WRONG_ANSWER
        prelude = (BANK / PRELUDES[self.kind]).read_text() if self.kind in PRELUDES else ""
        source = self.source.partition(AFTER_THE_CHECKS)[0]
        return prelude + source + ("" if "def softmax" in source else WRONG_ANSWER)

    @property
    def last_cell(self) -> str:
        """The text of the notebook's last cell, or ""."""
        return self.source.partition(AFTER_THE_CHECKS)[2]


def load_attacks() -> list[Attack]:
    """All attacks, ordered by path."""
    return [_read(path) for path in sorted([*BANK.glob("*/*.py"), *BANK.glob("*/*/cell.py")])]


def sample(attacks: Sequence[Attack]) -> list[Attack]:
    """About every fifth attack of each kind, at least two, and one with each control; ordered by name."""
    kinds = [[attack for attack in attacks if attack.kind == kind] for kind in {attack.kind for attack in attacks}]
    chosen = [attack for kind in kinds for attack in kind[:: max(1, min(5, len(kind) // 2))]]
    with_control = {attack.control: attack for attack in [*attacks, *chosen]}  # one of the chosen, where there is one
    return sorted({*chosen, *with_control.values()}, key=lambda attack: attack.name)


def _read(path: Path) -> Attack:
    folder = path.parent if path.name == "cell.py" else None
    name = (folder or path.with_suffix("")).relative_to(BANK).as_posix()
    source = path.read_text()
    match = re.match(r"((?:# .+\n)+?)# holds: (.+)\n# control: (.+) → (.+)\n", source)
    assert match, f"{name}: no header"
    tries = " ".join(line.removeprefix("# ") for line in match[1].splitlines())
    paths = sorted(folder.glob("*.txt")) if folder else []
    files = tuple((file.name.removesuffix(".txt"), file.read_bytes()) for file in paths)
    shows = frozenset(match[4].split())
    assert match[3].startswith(TOOK_PLACE) or shows <= EFFECTS, f"{name}: unknown effects: {match[4]}"
    return Attack(name, tries, match[2], match[3], shows, source, files)
