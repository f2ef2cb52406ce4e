"""Judge the checks of one notebook: one pytest session in this process → verdicts. Must not know nbgrader."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Protocol

import pytest
import torch
from hypothesis import is_hypothesis_test

from grader.checking import plugin as checks_plugin
from grader.checking.assignment import Material
from grader.checking.figure import Figure
from grader.errors import StudentError
from grader.grading import replay
from grader.grading.evidence import CHANGING, NOT_AGAIN, explain, numbers_of
from grader.grading.recordings import Check, Memory
from grader.grading.replay import BatchChannel, NotingChannel
from grader.grading.verdict import UNSCORED, Outcome, Verdict
from grader.student.proxy import Channel
from grader.submission.language import gettext

UNUSED_PLUGINS = """terminal logging warnings doctest unittest faulthandler pastebin stepwise setuponly setupplan
tmpdir monkeypatch recwarn unraisableexception threadexception"""  # the last two collect garbage: 0.3 s a session
OPTIONS = [
    "--disable-plugin-autoload",  # a plugin of the host's environment could change what a check means
    "--capture=no",  # pytest's capture would swallow what other threads of this process print
    "--import-mode=importlib",
    "--assert=plain",
    "-pno:cacheprovider",
    f"-c{os.devnull}",  # no configuration file of the host
    *(f"-pno:{name}" for name in UNUSED_PLUGINS.split()),
]


Verdicts = dict[str, list[Verdict]]  # by checks cell, in the order of its module
AllAnswered = dict[str, dict[str, replay.Answered]]  # by checks cell and check


class RunUpTo(Protocol):
    """Runs the notebook up to a checks cell."""

    def __call__(self, cell: str, /) -> BatchChannel:
        """→ where the checks of that cell ask. Called once for each cell, in the notebook's order."""


def judge(
    modules: Mapping[str, Path],
    run_up_to: RunUpTo,
    material: Material | None = None,
    memory: Memory | None = None,
    source: str = "",
    right: Mapping[str, Channel] | None = None,
    answered: AllAnswered | None = None,
) -> Verdicts:
    """Judge the checks cells of one notebook, in order.

    modules: for each checks cell its module of checks. material: for the fixtures of the checks.
    memory: recorded checks of this process, see `replay`; None: hypothesis runs every check. The verdicts are the same.
    source: of the notebook's cells, see `explain`. right, answered: see `replay.run`; right by checks cell.
    → for each cell its verdicts, in the order of the module; a missing one is GRADER_ERROR. Raises KeyboardInterrupt.
    """
    judging = _Judge(run_up_to, material or Material(), memory, source, right=right or {}, answered=answered)
    return judging.run(modules)


def passes(module: Path, channel: BatchChannel, material: Material, memory: Memory) -> tuple[bool, ...]:
    """Which checks of a module the answers of `channel` pass, in their order; on the recorded examples only."""
    judging = _Judge(lambda cell: channel, material, memory, "", once=True)
    return tuple(verdict.outcome is Outcome.PASSED for verdict in judging.run({module.stem: module})[module.stem])


def confirm(
    verdicts: Verdicts,
    modules: Mapping[str, Path],
    run_up_to: RunUpTo,
    material: Material | None = None,
    source: str = "",
) -> Verdicts:
    """`verdicts` with the evidence of a process that has seen no question but those that failed. Outcomes stay.

    What an answer or an exception shows could otherwise contain all the questions before it. Each check that failed is
    run once more, on the example that its evidence is about. run_up_to: runs the notebook in that process.
    """
    again = {(cell, v.check): v.example for cell in modules for v in verdicts[cell] if v.example is not None}
    second = _Judge(run_up_to, material or Material(), None, source, again).run(modules)
    pairs = {cell: zip(verdicts[cell], second[cell], strict=True) for cell in modules}
    return {
        cell: [_with_evidence_of(v, w) if (cell, v.check) in again else v for v, w in pairs[cell]] for cell in modules
    }


def _with_evidence_of(first: Verdict, second: Verdict) -> Verdict:
    """The first verdict of a check, with the evidence from its second run."""
    changing = gettext(CHANGING)
    match second.outcome:
        case Outcome.WRONG | Outcome.RAISED | Outcome.NOT_IMPLEMENTED:
            own = tuple(line for line in second.evidence if line != changing)
            evidence = (*own, changing) if changing in first.evidence else own
        case Outcome.PASSED:
            evidence = (changing,)
        case _:
            evidence = (gettext(NOT_AGAIN),)
    return replace(first, evidence=evidence, numbers=second.numbers)


@contextmanager
def one_thread() -> Iterator[None]:
    """Set torch's thread count to 1, and restore it at the end.

    Checks compute on tiny tensors, for which a thread pool is a loss (6 ms instead of 0.1 on a busy machine), and a
    trusted training run is bit-for-bit repeatable at one thread count only.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@dataclass
class _Judge:
    """The pytest plugin that answers `checking.plugin`'s fixtures and collects the verdicts.

    again: run only these checks, (cell, check), each once and on this example. once: see `passes`.
    """

    __name__: ClassVar[str] = checks_plugin.SOURCE_OF_ANSWERS
    run_up_to: RunUpTo
    for_fixtures: Material
    memory: Memory | None
    source: str
    again: Mapping[tuple[str, str], Mapping[str, object]] | None = None
    once: bool = False
    right: Mapping[str, Channel] = field(default_factory=dict)
    answered: AllAnswered | None = None
    cells: dict[str, str] = field(default_factory=dict)  # path of a module → its checks cell
    expected: dict[str, list[pytest.Item]] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # by node id
    examples: dict[str, dict[str, object]] = field(default_factory=dict)  # on which a check failed last, by node id
    channels: dict[str, NotingChannel] = field(default_factory=dict)
    interrupted: bool = False

    def run(self, modules: Mapping[str, Path]) -> Verdicts:
        """Run one pytest session. Raises KeyboardInterrupt."""
        self.cells = {str(path): cell for cell, path in modules.items()}
        if modules:
            first = next(iter(modules.values()))
            arguments = [*OPTIONS, f"--rootdir={first.parent}", *map(str, modules.values())]
            options = os.environ.pop("PYTEST_ADDOPTS", None)
            try:
                with one_thread():
                    pytest.main(arguments, plugins=[checks_plugin, self])
            finally:
                if options is not None:
                    os.environ["PYTEST_ADDOPTS"] = options
            if self.interrupted:
                raise KeyboardInterrupt
        return {cell: self.verdicts_of(cell) for cell in modules}

    def channel(self, module: Path) -> BatchChannel:
        """Where the checks of `module` ask; this runs the notebook up to its checks cell."""
        cell = self.cells[str(module)]
        self.channels[cell] = NotingChannel(self.run_up_to(cell))
        return self.channels[cell]

    def material(self, module: Path) -> Material:
        """What the fixtures of `module` may use."""
        return self.for_fixtures

    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "no"  # verdicts do not use its report of a failure, which takes longer than the check

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            self.expected.setdefault(self.cells[str(item.path)], []).append(item)
        if self.again is not None:
            items[:] = [item for item in items if self._key(item) in self.again]

    def _key(self, item: pytest.Item) -> tuple[str, str]:
        return self.cells[str(item.path)], name_of(item)

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        self.channels[self.cells[str(item.path)]].begin_check()

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Run a check that draws examples; pytest runs all others."""
        check = pyfuncitem.obj
        cell, name = self._key(pyfuncitem)
        drawn = is_hypothesis_test(check)
        answered = None
        if self.answered is not None:
            answered = self.answered.setdefault(cell, {}).setdefault(name, replay.Answered(drawn))
        if not drawn:
            self.channels[cell].answered = answered
            return None
        fixtures = {name: pyfuncitem.funcargs[name] for name in inspect.signature(check).parameters}
        if self.again is not None:
            check.hypothesis.inner_test(**fixtures, **self.again[self._key(pyfuncitem)])
            return True
        with noting_failures(check, self.examples.setdefault(pyfuncitem.nodeid, {}), fixtures):
            if self.memory is None:
                check(**fixtures)
            elif self.once:
                replay.run_once(check, fixtures, self.memory)
            else:
                replay.run(check, fixtures, self.channels[cell], self.memory, self.right.get(cell), answered)
        return True

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        error = call.excinfo.value if call.excinfo else None
        if error is not None:
            failed = replace(verdict(item, *explain(error, self.source)), numbers=numbers_of(error))
            told = failed.outcome in (Outcome.WRONG, Outcome.RAISED)  # by what the student's process has sent
            self.verdicts[item.nodeid] = replace(failed, example=self.examples.get(item.nodeid, {}) if told else None)
        elif call.when == "call":
            self.verdicts[item.nodeid] = verdict(item, Outcome.PASSED, ())

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.interrupted = excinfo.type is KeyboardInterrupt  # a collection error comes here too, as a subclass

    def verdicts_of(self, cell: str) -> list[Verdict]:
        """One for each check of the cell's module."""
        items = self.expected.get(cell)
        if not items:
            reason = (gettext("検査を読み込めませんでした。"),)
            return [Verdict(cell, gettext("採点プログラムの検査"), 0.0, Outcome.GRADER_ERROR, reason)]
        missing = Outcome.GRADER_ERROR, (gettext("結果がありません。"),)
        verdicts = [self.verdicts.get(item.nodeid) or verdict(item, *missing) for item in items]
        if self.again is not None:  # the others have not run
            return verdicts
        others = {verdict.check: verdict for verdict in verdicts}
        return [require_needed(verdict, item, others) for verdict, item in zip(verdicts, items, strict=True)]


@contextmanager
def noting_failures(check: Check, example: dict[str, object], fixtures: Collection[str]) -> Iterator[None]:
    """Keep in `example` what the check was last given when it failed, besides its fixtures."""
    body = check.hypothesis.inner_test

    @functools.wraps(body)  # hypothesis derives its seed from the source of the check
    def noting(**arguments: object) -> None:
        try:
            body(**arguments)
        except StudentError:
            example.clear()
            example.update((name, value) for name, value in arguments.items() if name not in fixtures)
            raise

    check.hypothesis.inner_test = noting
    try:
        yield
    finally:
        check.hypothesis.inner_test = body


def name_of(item: pytest.Item) -> str:
    """A check's name in its verdict."""
    return item.name.removeprefix("test_")


def verdict(item: pytest.Item, outcome: Outcome, evidence: tuple[str, ...]) -> Verdict:
    """The outcome with the check's title and points; a check without points is the grader's error."""
    function = getattr(item, "obj", None)
    title = gettext((inspect.getdoc(function) or item.name).splitlines()[0])
    marker = item.get_closest_marker("points")
    if marker is None:
        without = (gettext("検査に配点がありません。"),)
        return Verdict(item.name, title, 0.0, Outcome.GRADER_ERROR, without)
    figure = dict(item.user_properties).get("figure")
    shown = figure if isinstance(figure, Figure) else None
    return Verdict(name_of(item), title, float(marker.args[0]), outcome, evidence, figure=shown)


def require_needed(verdict: Verdict, item: pytest.Item, others: Mapping[str, Verdict]) -> Verdict:
    """A passed verdict earns points only if the check that it needs has passed too. others: verdicts by check."""
    marker = item.get_closest_marker("points")
    needs = marker.kwargs.get("needs") if marker else None
    if not needs or verdict.outcome is not Outcome.PASSED or others[needs].outcome is Outcome.PASSED:
        return verdict
    unscored = others[needs].outcome in UNSCORED
    outcome = others[needs].outcome if unscored else Outcome.WRONG
    said = gettext("「{title}」に合格すると、点になります。").format(title=others[needs].title)
    return replace(verdict, outcome=outcome, evidence=(said,))
