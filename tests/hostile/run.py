"""Grade a hostile submission, and report which effects its attack had."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.grading.grade import Request, Result, grade
from grader.grading.recordings import Memory
from grader.grading.report import UNGRADED
from grader.grading.verdict import Outcome
from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.processes.client import ForkServer
from grader.student.limits import Limits
from tests.helpers.bank import ANSWERS
from tests.helpers.loss_functions import checks_for
from tests.helpers.shared_zygote import fork_server
from tests.hostile.bank import Attack
from tests.hostile.pages import page_effects
from tests.hostile.world import Neighbour, World, command_line, descendants, marked

ANSWER_CELL, CHECKS_CELL, LAST_CELL = "softmax", "softmax_checks", "last"
TOLD = ("TOLD", "7.011e+04")  # what attacks show once they know questions
RELEASE = PROJECT / "release" / "loss_functions" / "losses.ipynb"
MEMORY = Memory()  # recorded checks of this process, as in grading: the second notebook is asked in batches
RIGHT_ANSWER = (ANSWERS / "softmax" / "functional.py").read_text()
ATTACK_SECONDS = 45  # deadline for grading the notebook of one attack
WHOLE_RUN = 24 * 3600.0  # seconds: the neighbour lives as long as the attacks take
TIGHT_BOUNDS = Bounds(
    256 << 20, processes=40, cpu_seconds=20, disk_bytes=32 << 20, disk_files=300, output_bytes=200_000
)
WIDE_BOUNDS = Bounds(4 << 30, processes=500, disk_bytes=1 << 30, disk_files=20_000, output_bytes=16 << 20)
# Both end well within ATTACK_SECONDS, also for a process that sleeps.
SHORT_TIMEOUTS = Limits(cell_seconds=4, answer_seconds=0.5, check_seconds=1, notebook_seconds=30, patience=3)
LONG_TIMEOUTS = Limits(cell_seconds=14, answer_seconds=2, check_seconds=4, patience=3)
MAX_NOTEBOOK_BYTES = 2_000_000  # larger: it holds more output than TIGHT_BOUNDS allows


class DeadlineMissed(BaseException):
    """Grading took too long. Not an Exception, so that the grader does not handle it as an error of the student."""


@dataclass(frozen=True)
class Report:
    """The result of one attack. effects: of `bank.EFFECTS`, or "deadline". text: what its cells show."""

    attack: Attack
    effects: frozenset[str]
    outcomes: frozenset[str]
    text: str
    seconds: float

    @property
    def took_place(self) -> bool:
        """For attacks whose control is `TOOK_PLACE`: whether outcomes and words show that the attack has run."""
        outcomes = self.attack.shows & set(Outcome)
        words = self.attack.shows - outcomes
        return all(word in self.text for word in words) and (not outcomes or self.outcomes <= outcomes)

    def __str__(self) -> str:
        effects, outcomes = (" ".join(sorted(names)) or "nothing" for names in (self.effects, self.outcomes))
        head = f"{self.attack.name}: {effects} ({outcomes}, {self.seconds:.1f} s)"
        return f"{head}\n{self.attack.tries} Must hold: {self.attack.holds}.\n{self.text[-3000:]}"


def right_answer_has_full_marks(server: ForkServer, variables: dict[str, str]) -> bool:
    """Grade a right answer on the server."""
    honest = Attack("honest/functional", "", "", "", frozenset(), RIGHT_ANSWER)
    with deadline(ATTACK_SECONDS):
        return grade(request(honest, variables, Limits()), server.start, MEMORY).scores == {CHECKS_CELL: 3.0}


class AttackRunner:
    """Run attacks on one fork server, each while another student's process is alive there. without: walls to omit."""

    def __init__(self, world: World, bounds: Bounds = TIGHT_BOUNDS, without: Collection[str] = ()) -> None:
        self.world, self.bounds, self.without = world, bounds, without
        self._known_variables: dict[str, str] = {}

    @cached_property
    def server(self) -> ForkServer:
        """Started on first use. A right answer is graded first, so that checks replay their questions in batches."""
        server = fork_server(self.bounds, without=self.without)
        assert right_answer_has_full_marks(server, {})
        return server

    @cached_property
    def neighbour(self) -> Neighbour:
        """One student's process for all attacks: a new one for each would change their environment."""
        return Neighbour(self.server, self.world.secrets["other"], Limits(notebook_seconds=WHOLE_RUN))

    def _variables(self) -> dict[str, str]:
        """The environment of an attack. With a new one a right answer is graded first.

        That starts the process which has run the notebook's first cells; it stays, so it would look left by the attack.
        """
        variables = self.world.variables({"server": self.server.pid, "neighbour": self.neighbour.pid})
        if variables != self._known_variables:
            assert right_answer_has_full_marks(self.server, variables)
            self._known_variables = variables
        return variables

    def run(
        self, attack: Attack, limits: Limits = SHORT_TIMEOUTS, *, untouched: bool = False, in_place: bool = False
    ) -> Report:
        """Grade the hostile submission and collect the effects. untouched, in_place: see `request`."""
        neighbour = self.neighbour
        variables = self._variables()
        before = self._traces()
        start = time.monotonic()
        effects: set[str] = set()
        try:
            with deadline(ATTACK_SECONDS):
                job = request(attack, variables, limits, untouched=untouched, in_place=in_place)
                result = grade(job, self.server.start, MEMORY)
        except DeadlineMissed:
            self.close()
            return Report(attack, frozenset({"deadline"}), frozenset(), "", time.monotonic() - start)
        seconds = time.monotonic() - start
        left = self._end_leftovers(before)
        effects |= {"left"} if left else set()
        effects |= self.world.effects()
        if not neighbour.unharmed():
            effects.add("others")
            neighbour.process.kill()
            del self.neighbour
        text = "".join(map(text_of, result.notebook.cells)) + "".join(f"\nleft: {what}" for what in left)
        written = nbformat.writes(result.notebook)
        effects |= {effect for effect in ("allowed", "held") if effect.upper() in text}
        if any(sign in json.dumps([cell.get("outputs") for cell in result.notebook.cells]) for sign in TOLD):
            effects.add("told")
        if self.world.contains_secret(written):
            effects.add("secret")
        if len(written) > MAX_NOTEBOOK_BYTES:
            effects.add("held")
        if not is_plain_zero(result):
            effects.add("points")
        if attack.attacks_pages:
            effects |= page_effects(result.notebook, nbformat.read(RELEASE, as_version=4))
        outcomes = {verdict.outcome for verdicts in result.verdicts.values() for verdict in verdicts}
        return Report(attack, frozenset(effects), frozenset(outcomes), text, seconds)

    def right_answer_has_full_marks(self) -> bool:
        """Whether grading still works after the attacks."""
        return right_answer_has_full_marks(self.server, {})

    def _traces(self) -> set[str]:
        """Process ids below the server or with the world's mark, and files in the folders of students' processes."""
        processes = set(descendants(self.server.pid)) | marked(self.world.mark)
        folders = (self.world.root / "tmp").glob("students-*/*")
        return {str(pid) for pid in processes - {os.getpid()}} | {str(folder) for folder in folders}

    def _end_leftovers(self, before: set[str]) -> set[str]:
        """Describe what still exists two seconds after grading, and kill it, so that the next attack starts clean."""
        end = time.monotonic() + 2
        while (left := self._traces() - before) and time.monotonic() < end:
            time.sleep(0.02)
        described = {f"{what} {command_line(int(what)) if what.isdigit() else ''}" for what in left}
        for pid in filter(str.isdigit, left):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        return described

    def close(self) -> None:
        """Stop the server with all its processes; `server` starts a new one."""
        if neighbour := vars(self).pop("neighbour", None):
            neighbour.process.kill()
        if server := vars(self).pop("server", None):
            server.close()


def request(
    attack: Attack, variables: dict[str, str], limits: Limits, *, untouched: bool = False, in_place: bool = False
) -> Request:
    """A grading job: the released notebook, reduced to the cells of softmax, with the attack as its answer.

    variables: environment of the student's process. untouched: pass the submission as the release too, so that nothing
    is repaired; with a file, since released cells may run without walls where no file is submitted. in_place: ask
    between the cells.
    """
    notebook = nbformat.read(RELEASE, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id in ("setup", ANSWER_CELL, CHECKS_CELL)]
    notebook.cells.append(nbformat.v4.new_code_cell("'the last cell'", id=LAST_CELL))
    submitted = submission(notebook, attack)
    module = checks_for(CHECKS_CELL)
    return Request(
        submitted,
        submitted if untouched else nbformat.writes(notebook).encode(),
        {CHECKS_CELL: module},
        files=(*attack.files, ("empty.txt", b"")) if untouched else attack.files,
        variables=variables,
        limits=limits,
        in_place=in_place,
    )


def submission(release: NotebookNode, attack: Attack) -> bytes:
    """The released notebook with the attack in it, as bytes of an ipynb file."""
    notebook = nbformat.from_dict(release)
    for cell in notebook.cells:
        if cell.id == ANSWER_CELL:
            cell.source = attack.cell
        elif cell.id == LAST_CELL and attack.last_cell:
            cell.source = attack.last_cell
    if attack.edits_notebook:
        namespace: dict[str, Any] = {}
        exec(compile(attack.source, attack.name, "exec"), namespace)
        namespace["hand_in"](notebook)
    return nbformat.writes(notebook).encode("utf-8", "replace")


def is_plain_zero(result: Result) -> bool:
    """Whether the score is 0, in the form that nbgrader reads, with no check passed and no error of the grader.

    A notebook that was stopped by a wall-clock limit has no score: it is judged again, or a person looks.
    """
    outcomes = [verdict.outcome for verdict in result.verdicts.get(CHECKS_CELL, [])]
    cells = [cell for cell in result.notebook.cells if cell.id == CHECKS_CELL and cell.cell_type == "code"]
    if len(outcomes) != 6 or {Outcome.PASSED, Outcome.GRADER_ERROR} & set(outcomes) or len(cells) != 1:
        return False
    nbformat.validate(result.notebook)
    (output,) = cells[0].outputs
    shown = output.output_type, output.get("data", {}).get("text/plain")
    if Outcome.UNDECIDED in outcomes:
        return result.scores == {CHECKS_CELL: None} and shown == ("display_data", UNGRADED)
    return result.scores == {CHECKS_CELL: 0.0} and shown == ("execute_result", "0.0")


def text_of(cell: NotebookNode) -> str:
    """All text that a code cell of the student shows."""
    if cell.cell_type != "code" or cell.id == CHECKS_CELL:
        return ""
    text = ""
    for output in cell.outputs:
        text += output.get("text", "") + "".join(output.get("traceback", ()))
        text += str(output.get("data", {}).get("text/plain", ""))
    return text


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise DeadlineMissed in the body after `seconds`, again every 5 s, and once more if the body has caught it."""
    missed = False

    def ring(*_: object) -> None:
        nonlocal missed
        missed = True
        raise DeadlineMissed

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if missed:
        raise DeadlineMissed
