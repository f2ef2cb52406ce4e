"""Run the attacks on stock nbgrader, for the table in docs/security.md: `python -m tests.hostile.stock [KIND …]`.

In each run an ordinary user grades the attacker and one honest student. Attacks on this grader's pipe are left out.
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
from tests.hostile.bank import Attack, load_attacks
from tests.hostile.run import ANSWER_CELL, CHECKS_CELL, MAX_NOTEBOOK_BYTES, RIGHT_ANSWER, submission, text_of
from tests.hostile.settings import Setting
from tests.hostile.world import World, marked

HONEST = "zz_honest"  # sorts last, so this student is graded after the attacker
RUN_SECONDS = 150  # timeout for grading two notebooks, which takes 10 s
MAX_PROCESSES = 400  # of the grading user; without a limit a fork bomb exhausts the machine
FILES = "files"  # a kind of its own: malformed files of honest students
COLUMNS = ("points", "secret", "allowed", "reached", "changed", "held", "left", "others", "hangs", "loses")


class StockCourse:
    """A released course for stock nbgrader, copied for each attack."""

    def __init__(self, folder: Path, cells: Sequence[str] = ()) -> None:
        """folder: for the course and its copies. cells: ids of the cells to keep; empty: all. Raises CommandFailed."""
        self._folder, root = folder, folder / "template"
        notebook = nbformat.reads(with_checks(SOURCE / "losses.ipynb"), as_version=4)
        notebook.cells = [cell for cell in notebook.cells if not cells or cell.id in cells]
        source = root / "source" / ASSIGNMENT
        source.mkdir(parents=True)
        nbformat.write(notebook, source / "losses.ipynb")
        run(nbgrader(root, "generate_assignment"))
        # Kept in memory: attacks can change every file of the user.
        self._files = {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        self.release = nbformat.read(root / "release" / ASSIGNMENT / "losses.ipynb", as_version=4)

    @contextlib.contextmanager
    def copy(self) -> Iterator[Path]:
        """A copy of the course, removed at the end."""
        root = self.write(self._folder / "course")
        yield root
        subprocess.run(["chmod", "-R", "u+rwx", root], check=False)
        shutil.rmtree(root, ignore_errors=True)

    def write(self, root: Path) -> Path:
        """Write the course without submissions; → `root`."""
        for name, content in self._files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return root

    def graded(self, course: Path, world: World) -> set[str]:
        """Grade the class with `nbgrader autograde`; → "hangs", "left", and the effects on the targets."""
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
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES)),
        )
        effects = set()
        try:
            process.wait(RUN_SECONDS)
            time.sleep(2)
        except subprocess.TimeoutExpired:
            effects.add("hangs")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if left := marked(world.mark) - before:
            effects |= set() if "hangs" in effects else {"left"}
            while left:  # a fork bomb starts processes between two scans
                for pid in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                left = marked(world.mark) - before
        return effects | world.effects()


def scores(course: Path, student: str) -> dict[str, float | None]:
    """Score of each checks cell, by cell id; empty if the student has no grade."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook, contextlib.suppress(MissingEntry):
        notebooks = gradebook.find_submission(ASSIGNMENT, student).notebooks
        return {g.name: g.auto_score for n in notebooks for g in n.grades}
    return {}


def effects_of(stock: StockCourse, attack: Attack, world: World) -> set[str]:
    """Grade an attacker and an honest student; → the effects."""
    with stock.copy() as course:
        for student, content in (("attacker", submission(stock.release, attack)), (HONEST, honest(stock.release))):
            folder = course / "submitted" / student / ASSIGNMENT
            folder.mkdir(parents=True)
            (folder / "losses.ipynb").write_bytes(content)
        for name, content in attack.files:
            (course / "submitted" / "attacker" / ASSIGNMENT / name).write_bytes(content)
        effects = stock.graded(course, world)
        earned = scores(course, "attacker").get(CHECKS_CELL)
        if earned:
            effects.add("points")
        if scores(course, HONEST).get(CHECKS_CELL) != 3.0:
            effects.add("others")
        executed = course / "autograded" / "attacker" / ASSIGNMENT / "losses.ipynb"
        if executed.exists():
            written = executed.read_text(errors="replace")
            text = "".join(map(text_of, nbformat.reads(written, as_version=4).cells))
            effects |= {effect for effect in ("allowed", "held") if effect.upper() in text}
            effects |= {"secret"} if world.contains_secret(written) else set()
            effects |= {"held"} if len(written) > MAX_NOTEBOOK_BYTES else set()
    return effects


def honest(release: NotebookNode) -> bytes:
    """The notebook with a right answer."""
    return submission(release, Attack("honest/functional", "", "", "", frozenset(), RIGHT_ANSWER))


def malformed_files(stock: StockCourse, world: World) -> Iterator[tuple[str, set[str]]]:
    """Grade each malformed submission of an honest student; → name and effects. "loses": right answers lost points."""
    with tempfile.TemporaryDirectory(prefix="files-") as folder:
        whole_class = Course(stock.write(Path(folder) / "all"), ASSIGNMENT)
        hand_in_malformed(whole_class)
        hand_in(whole_class, HONEST, LOSSES)
        full = {"softmax_checks": 3.0, "cross_entropy_checks": 4.0}
        for student in (*UNREADABLE, *REFUSED, *GRADED):
            with stock.copy() as course:
                for name in {student, HONEST, "alice"}:  # some files are links to alice's
                    submitted = whole_class.folder("submitted", name).parent
                    copied = course / "submitted" / name
                    copied.parent.mkdir(exist_ok=True)
                    subprocess.run(["cp", "-a", submitted, copied], check=True)
                effects = stock.graded(course, world)
                if scores(course, HONEST) != full:
                    effects.add("others")
                if student in GRADED and scores(course, student) != full:
                    effects.add("loses")
            yield f"{FILES}/{student}", effects


def run_here(names: Sequence[str]) -> None:
    """Run these attacks in this process's setting; print one JSON line for each: name and effects."""
    world = World()
    with contextlib.closing(world), tempfile.TemporaryDirectory(prefix="stock-") as folder:
        short = StockCourse(Path(folder) / "short", ("setup", ANSWER_CELL, CHECKS_CELL))
        for attack in load_attacks():
            if attack.name in names:
                print(json.dumps([attack.name, sorted(effects_of(short, attack, world))]), flush=True)
        if FILES in names:
            for name, effects in malformed_files(StockCourse(Path(folder) / "whole"), world):
                print(json.dumps([name, sorted(effects)]), flush=True)


def main(kinds: Sequence[str]) -> None:
    """Run all attacks of these kinds, or of all, two at a time; print the effects of each attack, and the table."""
    attacks = [a.name for a in load_attacks() if a.kind != "pipe" and (not kinds or a.kind in kinds)]
    files = [FILES] * (not kinds or FILES in kinds)
    halves = [names for names in (attacks[::2] + files, attacks[1::2]) if names]
    console = Console(width=None if sys.stdout.isatty() else 120)
    with Progress(console=console) as progress, ThreadPoolExecutor(2) as pool:

        def run_half(names: list[str]) -> list[tuple[str, list[str]]]:
            total = len(names) + (FILES in names) * len(UNREADABLE | REFUSED | dict.fromkeys(GRADED))
            setting = Setting(ordinary=True, inner=False)
            with setting.started("-m", "tests.hostile.stock", "--here", *names) as (_, lines):
                return [json.loads(line) for line in progress.track(lines, total=total, description="stock nbgrader")]

        results = [line for half in pool.map(run_half, halves) for line in half]
    by_kind: dict[str, list[list[str]]] = defaultdict(list)
    for name, effects in sorted(results):
        by_kind[name.split("/")[0]].append(effects)
        console.print(f"{name}: {' '.join(effects) or 'nothing'}", markup=False)
    table = Table("kind", "attacks", *COLUMNS)
    for kind, effects_by_attack in by_kind.items():
        counted = Counter(effect for effects in effects_by_attack for effect in effects)
        table.add_row(kind, str(len(effects_by_attack)), *(str(counted[effect] or "") for effect in COLUMNS))
    console.print(table)


if __name__ == "__main__":
    run_here(sys.argv[2:]) if sys.argv[1:2] == ["--here"] else main(sys.argv[1:])
