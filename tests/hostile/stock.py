"""`python -m tests.hostile.stock [KIND …]`: the same attacks on nbgrader as it comes; the table in docs/security.md.

Each attacker hands in beside one honest student, and an ordinary user grades both. What attacks our pipe is left out.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from grader.nbgrader_plugin.course import Course
from tests.bench.courses import nbgrader, with_checks
from tests.bench.meters import run
from tests.helpers.bank import SOURCE
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, hand_in
from tests.helpers.malformed_class import GRADED, REFUSED, UNREADABLE, hand_in_malformed
from tests.hostile.bank import Attack, bank
from tests.hostile.run import CELL, CHECKS, RIGHT, SHOWN, submission, text_of
from tests.hostile.settings import Setting
from tests.hostile.world import World, marked

HONEST = "zz_honest"  # graded after the attacker
SECONDS = 150  # for two notebooks, which take 10
PROCESSES = 400  # of that user; without it a fork bomb takes the machine
FILES = "files"
EFFECTS = ("points", "secret", "allowed", "reached", "changed", "held", "left", "others", "hangs", "loses")


class Stock:
    """A course for nbgrader as it comes, released, to be copied for each attack."""

    def __init__(self, place: Path, cells: Sequence[str] = ()) -> None:
        """cells: which of the notebook; all where none is named. Raises CommandFailed."""
        self._place, root = place, place / "template"
        notebook = nbformat.reads(with_checks(SOURCE / "losses.ipynb"), as_version=4)
        notebook.cells = [cell for cell in notebook.cells if not cells or cell.id in cells]
        source = root / "source" / ASSIGNMENT
        source.mkdir(parents=True)
        nbformat.write(notebook, source / "losses.ipynb")
        run(nbgrader(root, "generate_assignment"))
        # In memory: attacks reach whatever files the user has.
        self._files = {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        self.release = nbformat.read(root / "release" / ASSIGNMENT / "losses.ipynb", as_version=4)

    @contextlib.contextmanager
    def copy(self) -> Iterator[Path]:
        """Of the course, until it is graded."""
        root = self.write(self._place / "course")
        yield root
        subprocess.run(["chmod", "-R", "u+rwx", root], check=False)
        shutil.rmtree(root, ignore_errors=True)

    def write(self, root: Path) -> Path:
        """The course, before anybody has handed in."""
        for name, content in self._files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return root

    def graded(self, course: Path, world: World) -> set[str]:
        """What has come of the class: "hangs", "left", and what has become of the world."""
        before = marked(world.mark)
        variables = world.variables(dict.fromkeys(("server", "neighbour"), world.victim.pid))
        command = nbgrader(course, "autograde", **variables)
        process = subprocess.Popen(
            command.arguments,
            cwd=course,
            env=command.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES)),
        )
        effects = set()
        try:
            process.wait(SECONDS)
            time.sleep(2)
        except subprocess.TimeoutExpired:
            effects.add("hangs")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if left := marked(world.mark) - before:
            effects |= set() if "hangs" in effects else {"left"}
            while left:  # a fork bomb is faster than one look
                for pid in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                left = marked(world.mark) - before
        return effects | world.effects()


def scores(course: Path, student: str) -> dict[str, float | None]:
    """Of each checks cell; nothing where there is no grade."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook, contextlib.suppress(MissingEntry):
        notebooks = gradebook.find_submission(ASSIGNMENT, student).notebooks
        return {g.name: g.auto_score for n in notebooks for g in n.grades}
    return {}


def attacked(stock: Stock, attack: Attack, world: World) -> set[str]:
    """What an attack achieves."""
    with stock.copy() as course:
        for student, content in (("attacker", submission(stock.release, attack)), (HONEST, honest(stock.release))):
            folder = course / "submitted" / student / ASSIGNMENT
            folder.mkdir(parents=True)
            (folder / "losses.ipynb").write_bytes(content)
        for name, content in attack.files:
            (course / "submitted" / "attacker" / ASSIGNMENT / name).write_bytes(content)
        effects = stock.graded(course, world)
        earned = scores(course, "attacker").get(CHECKS)
        if earned:
            effects.add("points")
        if scores(course, HONEST).get(CHECKS) != 3.0:
            effects.add("others")
        executed = course / "autograded" / "attacker" / ASSIGNMENT / "losses.ipynb"
        if executed.exists():
            written = executed.read_text(errors="replace")
            text = "".join(map(text_of, nbformat.reads(written, as_version=4).cells))
            effects |= {effect for effect in ("allowed", "held") if effect.upper() in text}
            effects |= {"secret"} if world.contains_secret(written) else set()
            effects |= {"held"} if len(written) > SHOWN else set()
    return effects


def honest(release: NotebookNode) -> bytes:
    """A right answer in that notebook."""
    return submission(release, Attack("honest/functional", "", "", "", frozenset(), RIGHT))


def handed_in(stock: Stock, world: World) -> Iterator[tuple[str, set[str]]]:
    """Odd files of honest students, and what each does to a class. "loses": right answers without their points."""
    with tempfile.TemporaryDirectory(prefix="files-") as folder:
        everybody = Course(stock.write(Path(folder) / "all"), ASSIGNMENT)
        hand_in_malformed(everybody)
        hand_in(everybody, HONEST, LOSSES)
        full = {"softmax_checks": 3.0, "cross_entropy_checks": 4.0}
        for student in (*UNREADABLE, *REFUSED, *GRADED):
            with stock.copy() as course:
                for name in {student, HONEST, "alice"}:  # links lead to alice
                    theirs = everybody.folder("submitted", name).parent
                    copied = course / "submitted" / name
                    copied.parent.mkdir(exist_ok=True)
                    subprocess.run(["cp", "-a", theirs, copied], check=True)
                effects = stock.graded(course, world)
                if scores(course, HONEST) != full:
                    effects.add("others")
                if student in GRADED and scores(course, student) != full:
                    effects.add("loses")
            yield f"{FILES}/{student}", effects


def here(names: Sequence[str]) -> None:
    """A line for each attack: its name, what it achieved."""
    world = World()
    with contextlib.closing(world), tempfile.TemporaryDirectory(prefix="stock-") as folder:
        place = Path(folder)
        short = Stock(place / "short", ("setup", CELL, CHECKS))
        for attack in bank():
            if attack.name in names:
                print(json.dumps([attack.name, sorted(attacked(short, attack, world))]), flush=True)
        if FILES in names:
            for name, effects in handed_in(Stock(place / "whole"), world):
                print(json.dumps([name, sorted(effects)]), flush=True)


def main(kinds: Sequence[str]) -> None:
    """Everything, two at a time; prints the table and what each attack achieved."""
    attacks = [a.name for a in bank() if a.kind != "pipe" and (not kinds or a.kind in kinds)]
    files = [FILES] * (not kinds or FILES in kinds)
    halves = [names for names in (attacks[::2] + files, attacks[1::2]) if names]
    console = Console(width=None if sys.stdout.isatty() else 120)
    with Progress(console=console) as progress, ThreadPoolExecutor(2) as pool:

        def told(names: list[str]) -> list[tuple[str, list[str]]]:
            total = len(names) + (FILES in names) * len(UNREADABLE | REFUSED | dict.fromkeys(GRADED))
            setting = Setting(ordinary=True, inner=False)
            with setting.started("-m", "tests.hostile.stock", "--here", *names) as (_, lines):
                return [json.loads(line) for line in progress.track(lines, total=total, description="stock nbgrader")]

        results = [line for half in pool.map(told, halves) for line in half]
    by_kind: dict[str, list[list[str]]] = defaultdict(list)
    for name, effects in sorted(results):
        by_kind[name.split("/")[0]].append(effects)
        console.print(f"{name}: {' '.join(effects) or 'nothing'}", markup=False)
    table = Table("kind", "attacks", *EFFECTS)
    for kind, effects_of in by_kind.items():
        counted = Counter(effect for effects in effects_of for effect in effects)
        table.add_row(kind, str(len(effects_of)), *(str(counted[effect] or "") for effect in EFFECTS))
    console.print(table)


if __name__ == "__main__":
    here(sys.argv[2:]) if sys.argv[1:2] == ["--here"] else main(sys.argv[1:])
