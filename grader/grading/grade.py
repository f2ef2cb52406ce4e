"""Grade one notebook of one submission: run its cells, judge its checks cells. Request in, result out.

Must not open files or know nbgrader; the caller provides the student's process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from grader.checking.assignment import Material
from grader.errors import StudentGone
from grader.grading import report
from grader.grading.cell_outputs import TOO_MUCH, CellOutputs, note, only_note, parse_outputs, parse_reply
from grader.grading.judge import judge
from grader.grading.replay import Memory
from grader.grading.verdict import Outcome, Verdict, score
from grader.student.channel import PipeChannel, ProcessHandle
from grader.student.limits import Limits
from grader.submission.clean_outputs import OutputBudget
from grader.submission.match import grade_id
from grader.submission.rebuild import Rebuilt, rebuild

Start = Callable[
    [tuple[tuple[str, bytes], ...], Mapping[str, str], tuple[Path, ...]], AbstractContextManager[ProcessHandle]
]

MAX_SHOWN_BY_ALL = 64 << 20  # characters in the outputs of all cells of a notebook; a page shows 24 MB of them
MAX_OUTPUTS = 10_000  # of a notebook; validating one takes 0.2 ms


@dataclass(frozen=True)
class Request:
    """What grading one notebook needs.

    submitted: the notebook file, or the reason why it could not be read. release: the released notebook file.
    modules: for each checks cell its module of checks, in the notebook's order. material: for the fixtures of checks.
    files: other submitted files, (name, content). variables: environment variables of the student's process.
    read: files of the host that the student's process may read.
    """

    submitted: bytes | str
    release: bytes
    modules: Mapping[str, Path]
    files: tuple[tuple[str, bytes], ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    read: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)
    material: Material = field(default_factory=Material)


@dataclass(frozen=True)
class Result:
    """notebook: executed, with verdicts in its checks cells. verdicts, scores: by checks cell; a score of None means
    that a person has to look. notes: for the instructor, what was repaired or failed.
    """

    notebook: NotebookNode
    verdicts: dict[str, list[Verdict]]
    scores: dict[str, float | None]
    notes: tuple[str, ...] = ()


def grade(request: Request, start: Start, memory: Memory | None = None) -> Result:
    """Grade one notebook. Raises what `start` raises and KeyboardInterrupt; no fault of the student's raises.

    start: makes the student's process, such as `ForkServer().start`. memory: recorded checks, shared by all calls of
    this process (an empty dict at first); None: hypothesis runs every check.

    >>> from pathlib import Path
    >>> from grader.checking.assignment import find
    >>> from grader.sandbox.processes.client import ForkServer
    >>> release = Path("release/loss_functions/losses.ipynb").read_bytes()
    >>> checks = find("loss_functions").checks_for("softmax_checks")
    >>> server = ForkServer()
    >>> result = grade(Request(release, release, {"softmax_checks": checks}), server.start)
    >>> result.scores
    {'softmax_checks': 0.0}
    >>> result.verdicts["softmax_checks"][0].outcome
    <Outcome.NOT_IMPLEMENTED: 'not_implemented'>
    >>> server.close()
    """
    clean = rebuild(request.submitted, request.release)
    with start(request.files, request.variables, request.read) as process:
        run = _Run(clean.notebook, PipeChannel(process, request.limits), request.modules)
        verdicts = judge(request.modules, run.up_to, request.material, memory)
        run.finish()
    return _result(clean, verdicts)


def ungraded(request: Request, reason: str) -> Result:
    """The result of a failure of the grader's own: a person has to grade every checks cell."""
    verdict = Verdict("grader", "採点プログラムの不具合", 0.0, Outcome.GRADER_ERROR, (reason,))
    return _result(rebuild(request.submitted, request.release), {cell: [verdict] for cell in request.modules}, reason)


def _result(clean: Rebuilt, verdicts: dict[str, list[Verdict]], *notes: str) -> Result:
    scores: dict[str, float | None] = {}
    cells: list[NotebookNode] = []
    told = (clean.unreadable, *clean.notes) if clean.unreadable else clean.notes
    if told:
        cells.append(report.notes_cell(told))
    budget = OutputBudget()
    for cell in clean.notebook.cells:
        if (name := grade_id(cell)) in verdicts:
            maximum = float(cell.metadata.nbgrader.points)
            scores[name] = score(verdicts[name], maximum)
            cell.outputs = [report.checks_output(verdicts[name], scores[name], maximum, clean.unreadable)]
        elif cell.cell_type == "code":
            cell.outputs = budget.clean(cell.outputs)
        if clean.kept_outputs.get(cell.id):
            cells.append(report.handed_in_cell(cell.id, clean.kept_outputs[cell.id]))
        cells.append(cell)
    clean.notebook.cells = cells
    return Result(clean.notebook, verdicts, scores, (*told, *notes))


class _Run:
    """Runs the cells of one notebook, in order, in one student's process."""

    def __init__(self, notebook: NotebookNode, channel: PipeChannel, modules: Mapping[str, Path]) -> None:
        self._cells, self._channel, self._modules = notebook.cells, channel, modules
        self._next = 0
        self._characters_left, self._outputs_left = MAX_SHOWN_BY_ALL, MAX_OUTPUTS
        self._displays: dict[str, list[NotebookNode]] = {}  # outputs by display id, for updates from later cells

    def up_to(self, cell: str) -> PipeChannel:
        """Run the cells before a checks cell that have not run yet; → where to ask. cell: its grade_id."""
        place = next(i for i, other in enumerate(self._cells) if grade_id(other) == cell)
        while self._next < place:
            self._run(self._cells[self._next])
            self._next += 1
        return self._channel

    def finish(self) -> None:
        """Run the rest."""
        while self._next < len(self._cells):
            self._run(self._cells[self._next])
            self._next += 1

    def _run(self, cell: NotebookNode) -> None:
        if cell.cell_type != "code" or grade_id(cell) in self._modules or not cell.source.strip() or self._channel.gone:
            return  # checks cells are never sent
        try:
            reply, stopped = self._channel.run(cell.source)
            text, cell.execution_count = parse_reply(reply)
            self._characters_left -= len(text)
            shown = parse_outputs(text, self._outputs_left) if self._characters_left >= 0 else only_note(TOO_MUCH)
            self._outputs_left -= len(shown.outputs) + len(shown.updates)
            cell.outputs = shown.outputs
            self._remember(shown)
            if stopped:
                seconds = self._channel.limits.cell_seconds
                cell.outputs.append(note(f"このセルは {seconds:.0f} 秒で終わらなかったので、止めました。"))
        except StudentGone as gone:
            cell.outputs = [note(f"このセルの実行中に、プログラムが終わってしまいました（{gone}）。")]

    def _remember(self, shown: CellOutputs) -> None:
        """Add the cell's displays and apply its updates while the size limit allows: one may change many displays."""
        for display_id, output in shown.displays:
            self._displays.setdefault(display_id, []).append(output)
        for display_id, content, size in shown.updates:
            for output in self._displays.get(display_id, []):
                self._characters_left -= size
                if self._characters_left < 0:
                    return
                output.update(content)
