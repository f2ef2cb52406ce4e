"""Grade one notebook of one submission: run its cells, judge its checks cells. Request in, result out.

Must not open files or know nbgrader; the caller provides the student's process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbformat import NotebookNode

from grader.checking.assignment import Material
from grader.checking.misconceptions import Catalogue
from grader.errors import StudentGone, Undecided
from grader.grading import report
from grader.grading.causes import tell_causes_once
from grader.grading.cell_outputs import TOO_MUCH, CellOutputs, note, only_note, parse_outputs, parse_reply
from grader.grading.diagnosis import judge_and_diagnose
from grader.grading.installs import shorten_installations
from grader.grading.judge import RunUpTo, Verdicts, confirm
from grader.grading.recordings import Memory
from grader.grading.verdict import NOT_DECIDED, Diagnosis, Explanation, Outcome, Verdict, score
from grader.student.channel import PipeChannel, ProcessHandle
from grader.student.limits import Limits
from grader.submission.clean_outputs import OutputBudget
from grader.submission.language import JAPANESE, N_, gettext, speaking
from grader.submission.match import grade_id
from grader.submission.overlooked import list_names
from grader.submission.rebuild import Rebuilt, rebuild
from grader.submission.work_limits import LimitExceeded, limited

Start = Callable[
    [tuple[tuple[str, bytes], ...], Mapping[str, str], Mapping[str, Path], int, tuple[str, ...]],
    AbstractContextManager[ProcessHandle],
]

MAX_SHOWN_BY_ALL = 64 << 20  # characters in the outputs of all cells of a notebook; a page shows 24 MB of them
OTHERS = N_("提出されたが、採点していないファイル（ノートブックの名前か場所が違います）")
EVIDENCE_SECONDS = 60.0  # for the second run of a notebook with wrong answers; an honest one takes 1
MAX_OUTPUTS = 10_000  # of a notebook; validating one takes 0.2 ms
# For rebuilding a submission, and again for cleaning the outputs of its cells.
CLEANING_CPU_SECONDS, CLEANING_MEMORY_BYTES = 10, 1 << 30
TOO_HEAVY = N_("ノートブックの中身が重すぎて読めないので、教員が確認します")
OUTPUTS_TOO_HEAVY = N_("出力が重すぎるので、省きました。")


@dataclass(frozen=True)
class Request:
    """What grading one notebook needs.

    submitted: the notebook file, or the reason why it could not be read. release: the released notebook file.
    modules: for each checks cell its module of checks, in the notebook's order. material: for the fixtures of checks.
    files: other submitted files, (name, content). variables: environment variables of the student's process.
    read: environment variable → file of the host that the student's process may read, under another name.
    others: paths of submitted notebooks and archives that are not graded. in_place: ask the questions of the checks
    between the cells, not in copies of the process, because it cannot be forked (CUDA). language: of what is said.
    catalogues: the misconceptions of checks cells that have any; used with a `memory` only.
    """

    submitted: bytes | str
    release: bytes
    modules: Mapping[str, Path]
    files: tuple[tuple[str, bytes], ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Path] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    in_place: bool = False
    limits: Limits = field(default_factory=Limits)
    material: Material = field(default_factory=Material)
    catalogues: Mapping[str, Catalogue] = field(default_factory=dict)
    language: str = JAPANESE


@dataclass(frozen=True)
class Result:
    """notebook: executed, with verdicts in its checks cells. verdicts, scores: by checks cell; a score of None means
    that a person has to look. notes: for the instructor, what was repaired or failed. explanations: by checks cell.
    """

    notebook: NotebookNode
    verdicts: dict[str, list[Verdict]]
    scores: dict[str, float | None]
    notes: tuple[str, ...] = ()
    explanations: Mapping[str, Explanation] = field(default_factory=dict)


def grade(request: Request, start: Start, memory: Memory | None = None) -> Result:
    """Grade one notebook. Raises what `start` raises and KeyboardInterrupt; no fault of the student's raises.

    start: makes the student's process, such as `ForkServer().start`. memory: recorded checks, shared by all calls of
    this process, `Memory()` at first; None: hypothesis runs every check.

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
    with speaking(request.language):
        return _grade(request, start, memory)


def _grade(request: Request, start: Start, memory: Memory | None) -> Result:
    clean = _rebuilt(request)
    if clean is None:
        reason = gettext(TOO_HEAVY)
        return ungraded(replace(request, submitted=reason), reason)
    source = "\n".join(cell.source for cell in clean.notebook.cells if cell.cell_type == "code")
    forks = 0 if request.in_place else len(request.modules)
    # Submitted files may change what the first cells do, as a module of their own does; CUDA does not survive a fork.
    prefix = () if request.in_place or request.files else clean.prefix
    arguments = request.files, request.variables, request.read, forks, prefix

    @contextmanager
    def unseen_run(seconds: float) -> Iterator[RunUpTo]:
        """Run the notebook in a process of its own; nothing that it shows is kept, so it can be asked at any time."""
        limits = replace(request.limits, notebook_seconds=min(seconds, request.limits.notebook_seconds))
        cells = [NotebookNode(cell | {"outputs": []}) for cell in clean.notebook.cells]
        with start(*arguments) as process:
            yield _Run(cells, PipeChannel(process, limits), request.modules, keep=0).up_to

    diagnoses: dict[str, Diagnosis] = {}

    def judged(where: RunUpTo) -> Verdicts:
        verdicts, found = judge_and_diagnose(
            request.modules, where, request.material, memory, source, request.catalogues
        )
        diagnoses.update(found)
        return verdicts

    with start(*arguments) as process:
        run = _Run(clean.notebook.cells, PipeChannel(process, request.limits), request.modules)
        copies = {} if request.in_place else run.with_copies()
        whole = not any(copy.threads_lost for copy in copies.values())
        if whole:
            verdicts = judged(run.up_to if request.in_place else copies.__getitem__)
        run.finish()
    if not whole:  # an answer may need a thread that its copy lacks
        with unseen_run(request.limits.notebook_seconds) as up_to:
            verdicts = judged(up_to)
    if any(verdict.example is not None for cell in verdicts.values() for verdict in cell):
        with unseen_run(EVIDENCE_SECONDS) as up_to:
            verdicts = confirm(verdicts, request.modules, up_to, request.material, source)
    undecided = any(verdict.outcome is Outcome.UNDECIDED for cell in verdicts.values() for verdict in cell)
    verdicts, causes = tell_causes_once(verdicts, clean.notebook.cells, run.ended_in)
    explanations = {cell: Explanation(causes.get(cell, ""), diagnoses.get(cell)) for cell in verdicts}
    return _result(request, clean, verdicts, explanations, *([NOT_DECIDED] if undecided else []))


def ungraded(request: Request, reason: str, *, read: bool = True) -> Result:
    """The result of a failure of the grader's own: a person has to grade every checks cell.

    read: whether to show what was submitted; False if the process might end in reading it.
    """
    with speaking(request.language):
        verdict = Verdict("grader", gettext("採点プログラムの不具合"), 0.0, Outcome.GRADER_ERROR, (reason,))
        clean = (_rebuilt(request) if read else None) or rebuild(gettext(TOO_HEAVY), request.release)
        return _result(request, clean, {cell: [verdict] for cell in request.modules}, {}, reason)


def _rebuilt(request: Request) -> Rebuilt | None:
    """The rebuilt submission; None if rebuilding it would take too much time or memory."""
    try:
        with limited(CLEANING_CPU_SECONDS, CLEANING_MEMORY_BYTES):
            return rebuild(request.submitted, request.release)
    except (LimitExceeded, MemoryError, RecursionError):
        return None


def _result(
    request: Request, clean: Rebuilt, verdicts: Verdicts, explanations: Mapping[str, Explanation], *notes: str
) -> Result:
    scores: dict[str, float | None] = {}
    cells: list[NotebookNode] = []
    told = (clean.unreadable, *clean.notes) if clean.unreadable else clean.notes
    if request.others:
        others = gettext("{note}：{names}").format(note=gettext(OTHERS), names=list_names(request.others))
        told = (*told, others)
    if told:
        cells.append(report.notes_cell(told))
    shown = [cell for cell in clean.notebook.cells if cell.cell_type == "code" and cell.outputs]
    shorten_installations(shown)
    _clean_outputs(shown)
    for cell in clean.notebook.cells:
        if (name := grade_id(cell)) in verdicts:
            maximum = float(cell.metadata.nbgrader.points)
            scores[name] = score(verdicts[name], maximum)
            told_once = explanations.get(name, report.NOTHING_EXPLAINED)
            cell.outputs = [report.checks_output(verdicts[name], scores[name], maximum, clean.unreadable, told_once)]
        if clean.kept_outputs.get(cell.id):
            cells.append(report.handed_in_cell(cell.id, clean.kept_outputs[cell.id]))
        cells.append(cell)
    clean.notebook.cells = cells
    return Result(clean.notebook, verdicts, scores, tuple(dict.fromkeys((*told, *notes))), explanations)


def _clean_outputs(cells: list[NotebookNode]) -> None:
    """Clean what a student's cells have shown; all of it becomes a note if that would take too much time or memory."""
    budget = OutputBudget()
    try:
        with limited(CLEANING_CPU_SECONDS, CLEANING_MEMORY_BYTES):
            cleaned = [budget.clean(cell.outputs) for cell in cells]
    except (LimitExceeded, MemoryError, RecursionError):
        cleaned = [[note(gettext(OUTPUTS_TOO_HEAVY))] for _ in cells]
    for cell, outputs in zip(cells, cleaned, strict=True):
        cell.outputs = outputs


class _Run:
    """Runs the cells of one notebook, in order, in one student's process."""

    def __init__(
        self,
        cells: list[NotebookNode],
        channel: PipeChannel,
        modules: Mapping[str, Path],
        keep: int = MAX_SHOWN_BY_ALL,
    ) -> None:
        """keep: how many characters of what all cells show are put into `cells`."""
        self._cells, self._channel, self._modules = cells, channel, modules
        self._next = 0  # of the cells, the next to run
        self._characters_left, self._outputs_left = keep, MAX_OUTPUTS
        self.ended_in: tuple[NotebookNode, str] | None = None  # the cell that ended the process, and why
        self._displays: dict[str, list[NotebookNode]] = {}  # outputs by display id, for updates from later cells

    def with_copies(self) -> dict[str, PipeChannel]:
        """Run all cells → for each checks cell a copy of the process as it was there.

        After the last cell that runs, the process itself is that copy; otherwise it ends.
        """
        copies = {}
        there = set(map(grade_id, self._cells))  # all of them in a rebuilt notebook
        for name in (name for name in self._modules if name in there):
            channel = self.up_to(name)
            copies[name] = channel.fork() if any(map(self._runs, self._cells[self._next :])) else channel
        self.finish()
        if all(channel is not self._channel for channel in copies.values()):
            self._channel.stop()
        for channel in copies.values():
            channel.begin()
        return copies

    def up_to(self, cell: str) -> PipeChannel:
        """Run the cells before a checks cell that have not run yet → the process itself. cell: its grade_id."""
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

    def _runs(self, cell: NotebookNode) -> bool:
        """Whether it is sent to the process: checks cells never are."""
        return cell.cell_type == "code" and grade_id(cell) not in self._modules and bool(cell.source.strip())

    def _run(self, cell: NotebookNode) -> None:
        if not self._runs(cell) or self._channel.gone:
            return
        try:
            reply, stopped = self._channel.run(cell.source)
            text, cell.execution_count = parse_reply(reply)
            self._characters_left -= len(text)
            too_much = self._characters_left < 0
            shown = only_note(gettext(TOO_MUCH)) if too_much else parse_outputs(text, self._outputs_left)
            self._outputs_left -= len(shown.outputs) + len(shown.updates)
            cell.outputs = shown.outputs
            self._remember(shown)
            if stopped:
                said = gettext("このセルは計算時間 {seconds} 秒で終わらなかったので、止めました。")
                cell.outputs.append(note(said.format(seconds=f"{self._channel.limits.cell_seconds:.0f}")))
        except (StudentGone, Undecided) as gone:
            self.ended_in = cell, str(gone)
            said = gettext("このセルの実行中に、プログラムが終わってしまいました（{reason}）。")
            cell.outputs = [note(said.format(reason=gone))]

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
