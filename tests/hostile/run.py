"""Grades a submission that attacks, and says what has come of it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import nbformat
from nbformat import NotebookNode

from tests.helpers.loss_functions import checks_for
from grader.grading.grade import Request, Result, grade
from grader.grading.verdict import Outcome
from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.processes.client import ForkServer
from grader.student.limits import Limits
from tests.helpers.bank import ANSWERS
from tests.hostile.bank import Attack
from tests.hostile.world import Neighbour, World, command_line, descendants, marked

CELL, CHECKS = "softmax", "softmax_checks"
RELEASE = PROJECT / "release" / "loss_functions" / "losses.ipynb"
RIGHT = (ANSWERS / "softmax" / "functional.py").read_text()
BUDGET = 45  # seconds for one attack, the grading of its notebook included
TIGHT = Bounds(256 << 20, processes=40, cpu_seconds=20, disk_bytes=32 << 20, disk_files=300, output_bytes=200_000)
WIDE = Bounds(4 << 30, processes=500, disk_bytes=1 << 30, disk_files=20_000, output_bytes=16 << 20)
IMPATIENT = Limits(cell_seconds=4, answer_seconds=0.5, check_seconds=1, notebook_seconds=30)
PATIENT = Limits(cell_seconds=30, answer_seconds=2, check_seconds=4)
SHOWN = 2_000_000  # bytes of a notebook that shows no more than TIGHT lets it


class OverBudget(BaseException):
    """It did not end in time. No Exception, so that nobody takes it for the student's."""


@dataclass(frozen=True)
class Report:
    """What came of one attack. effects: see `bank.EFFECTS`, and "budget" where it did not end in time."""

    attack: Attack
    effects: frozenset[str]
    outcomes: frozenset[str]
    text: str
    seconds: float

    @property
    def took_place(self) -> bool:
        """Where nothing but the attack's own doing shows that it is one."""
        outcomes = self.attack.shows & set(Outcome)
        words = self.attack.shows - outcomes
        return all(word in self.text for word in words) and (not outcomes or self.outcomes <= outcomes)

    def __str__(self) -> str:
        effects, outcomes = (" ".join(sorted(names)) or "nothing" for names in (self.effects, self.outcomes))
        head = f"{self.attack.name}: {effects} ({outcomes}, {self.seconds:.1f} s)"
        return f"{head}\n{self.attack.tries} To hold: {self.attack.holds}.\n{self.text[-3000:]}"


def full_marks(server: ForkServer) -> bool:
    """Whether a right answer has them."""
    honest = Attack("honest/functional", "", "", "", frozenset(), RIGHT)
    with bounded(BUDGET):
        return grade(request(honest, {}, Limits()), server.start).scores == {CHECKS: 3.0}


class Bench:
    """One fork server; beside each attack another student's process is at work."""

    def __init__(self, world: World, bounds: Bounds = TIGHT, without: Collection[str] = ()) -> None:
        self.world, self.bounds, self.without = world, bounds, without

    @cached_property
    def server(self) -> ForkServer:
        """Started when it is needed; somebody right was graded before, so that the checks ask all at once."""
        server = ForkServer(self.bounds, without=self.without)
        assert full_marks(server)
        return server

    def run(self, attack: Attack, limits: Limits = IMPATIENT, *, untouched: bool = False) -> Report:
        """Grade a submission that attacks, and look at what has come of it."""
        neighbour = Neighbour(self.server, self.world.secrets["other"], Limits())
        variables = self.world.variables({"server": self.server.pid, "neighbour": neighbour.pid})
        before = self._running()
        start = time.monotonic()
        effects: set[str] = set()
        try:
            with bounded(BUDGET):
                result = grade(request(attack, variables, limits, untouched=untouched), self.server.start)
        except OverBudget:
            self.close()
            return Report(attack, frozenset({"budget"}), frozenset(), "", time.monotonic() - start)
        seconds = time.monotonic() - start
        left = self._left(before)
        effects |= {"left"} if left else set()
        effects |= self.world.effects()
        if not neighbour.unharmed():
            effects.add("others")
        neighbour.process.kill()
        text = "".join(map(text_of, result.notebook.cells)) + "".join(f"\nleft: {what}" for what in left)
        written = nbformat.writes(result.notebook)
        effects |= {effect for effect in ("allowed", "held") if effect.upper() in text}
        if self.world.contains_secret(written):
            effects.add("secret")
        if len(written) > SHOWN:
            effects.add("held")
        if not earned_nothing(result):
            effects.add("points")
        outcomes = {verdict.outcome for verdicts in result.verdicts.values() for verdict in verdicts}
        return Report(attack, frozenset(effects), frozenset(outcomes), text, seconds)

    def honest(self) -> bool:
        """Whether a right answer still has full marks."""
        return full_marks(self.server)

    def _running(self) -> set[str]:
        """Processes, and what lies in the folder of the students' processes."""
        processes = set(descendants(self.server.pid)) | marked(self.world.mark)
        folders = (self.world.root / "tmp").glob("students-*/*")
        return {str(pid) for pid in processes - {os.getpid()}} | {str(folder) for folder in folders}

    def _left(self, before: set[str]) -> set[str]:
        """What is still there two seconds after the end; then it is ended here, for the next attack."""
        end = time.monotonic() + 2
        while (left := self._running() - before) and time.monotonic() < end:
            time.sleep(0.02)
        described = {f"{what} {command_line(int(what)) if what.isdigit() else ''}" for what in left}
        for pid in filter(str.isdigit, left):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        return described

    def close(self) -> None:
        """End the server and all that it has started."""
        if "server" in vars(self):
            self.server.close()
        vars(self).pop("server", None)


def request(attack: Attack, variables: dict[str, str], limits: Limits, *, untouched: bool = False) -> Request:
    """What grading needs: the released notebook without its lessons, and the same with that answer.

    untouched: what was handed in is not rebuilt.
    """
    notebook = nbformat.read(RELEASE, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id in ("setup", CELL, CHECKS)]
    notebook.cells.append(nbformat.v4.new_code_cell("'the last cell'", id="last"))
    handed_in = submission(notebook, attack)
    module = checks_for(CHECKS)
    assert module
    return Request(
        handed_in,
        handed_in if untouched else nbformat.writes(notebook).encode(),
        {CHECKS: module},
        files=attack.files,
        variables=variables,
        limits=limits,
    )


def submission(release: NotebookNode, attack: Attack) -> bytes:
    """A released notebook with the attack in it, as a file."""
    notebook = nbformat.from_dict(release)
    for cell in notebook.cells:
        if cell.id == CELL:
            cell.source = attack.cell
    if attack.edits_notebook:
        names: dict[str, Any] = {}
        exec(compile(attack.source, attack.name, "exec"), names)
        names["hand_in"](notebook)
    return nbformat.writes(notebook).encode("utf-8", "replace")


def earned_nothing(result: Result) -> bool:
    """0, said in our own words and as nbgrader reads it; nothing passed, and no fault of ours."""
    outcomes = [verdict.outcome for verdict in result.verdicts.get(CHECKS, [])]
    cells = [cell for cell in result.notebook.cells if cell.id == CHECKS and cell.cell_type == "code"]
    if len(outcomes) != 6 or {Outcome.PASSED, Outcome.GRADER_ERROR} & set(outcomes) or len(cells) != 1:
        return False
    nbformat.validate(result.notebook)
    (output,) = cells[0].outputs
    said = output.output_type, output.get("data", {}).get("text/plain")
    return result.scores == {CHECKS: 0.0} and said == ("execute_result", "0.0")


def text_of(cell: NotebookNode) -> str:
    if cell.cell_type != "code" or cell.id == CHECKS:
        return ""
    found = ""
    for output in cell.outputs:
        found += output.get("text", "") + "".join(output.get("traceback", ()))
        found += str(output.get("data", {}).get("text/plain", ""))
    return found


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raises OverBudget where what is inside has not ended by then, whoever catches it in between."""
    rung = []

    def ring(*_: object) -> None:
        rung.append(True)
        raise OverBudget

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if rung:
        raise OverBudget
