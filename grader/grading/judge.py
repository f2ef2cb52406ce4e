"""Judge the checks of one notebook: one pytest session in this process → verdicts. Must not know nbgrader."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Protocol

import pytest
import torch
from hypothesis import is_hypothesis_test
from hypothesis.errors import Flaky

from grader.checking import plugin as checks_plugin
from grader.checking.assignment import Material
from grader.checking.figure import Figure
from grader.errors import Mismatch, StudentGone, StudentRaised, TooSlow, WireError
from grader.grading import replay
from grader.grading.replay import BatchChannel
from grader.grading.verdict import Outcome, Verdict

STUB_MESSAGES = ("", "ここに書く")  # of the released stub; torch raises NotImplementedError too, with other messages
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


class RunUpTo(Protocol):
    """Runs the notebook up to a checks cell."""

    def __call__(self, cell: str) -> BatchChannel:
        """→ where the checks of that cell ask. Called once for each cell, in the notebook's order."""


def judge(
    modules: Mapping[str, Path],
    run_up_to: RunUpTo,
    material: Material | None = None,
    memory: replay.Memory | None = None,
) -> dict[str, list[Verdict]]:
    """Judge the checks cells of one notebook, in order.

    modules: for each checks cell its module of checks. material: for the fixtures of the checks.
    memory: recorded checks of this process, see `replay`; None: hypothesis runs every check. The verdicts are the same.
    → for each cell its verdicts, in the order of the module; a missing one is GRADER_ERROR. Raises KeyboardInterrupt.
    """
    judging = _Judge({str(path): cell for cell, path in modules.items()}, run_up_to, material or Material(), memory)
    if modules:
        first = next(iter(modules.values()))
        arguments = [*OPTIONS, f"--rootdir={first.parent}", *map(str, modules.values())]
        options = os.environ.pop("PYTEST_ADDOPTS", None)
        try:
            with one_thread():
                pytest.main(arguments, plugins=[checks_plugin, judging])
        finally:
            if options is not None:
                os.environ["PYTEST_ADDOPTS"] = options
        if judging.interrupted:
            raise KeyboardInterrupt
    return {cell: judging.verdicts_of(cell) for cell in modules}


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
    """The pytest plugin that answers `checking.plugin`'s fixtures and collects the verdicts."""

    __name__: ClassVar[str] = checks_plugin.SOURCE_OF_ANSWERS
    cells: dict[str, str]  # path of a module → its checks cell
    run_up_to: RunUpTo
    for_fixtures: Material
    memory: replay.Memory | None
    expected: dict[str, list[pytest.Item]] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # by node id
    channels: dict[str, BatchChannel] = field(default_factory=dict)
    interrupted: bool = False

    def channel(self, module: Path) -> BatchChannel:
        """Where the checks of `module` ask; this runs the notebook up to its checks cell."""
        cell = self.cells[str(module)]
        self.channels[cell] = self.run_up_to(cell)
        return self.channels[cell]

    def material(self, module: Path) -> Material:
        """What the fixtures of `module` may use."""
        return self.for_fixtures

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            self.expected.setdefault(self.cells[str(item.path)], []).append(item)

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        self.channels[self.cells[str(item.path)]].begin_check()

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Run a check that draws examples; pytest runs all others."""
        check = pyfuncitem.obj
        if self.memory is None or not is_hypothesis_test(check):
            return None
        fixtures = {name: pyfuncitem.funcargs[name] for name in inspect.signature(check).parameters}
        replay.run(check, fixtures, self.channels[self.cells[str(pyfuncitem.path)]], self.memory)
        return True

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        error = call.excinfo.value if call.excinfo else None
        if error is not None:
            self.verdicts[item.nodeid] = verdict(item, *explain(error))
        elif call.when == "call":
            self.verdicts[item.nodeid] = verdict(item, Outcome.PASSED, ())

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.interrupted = excinfo.type is KeyboardInterrupt  # a collection error comes here too, as a subclass

    def verdicts_of(self, cell: str) -> list[Verdict]:
        """One for each check of the cell's module."""
        items = self.expected.get(cell)
        if not items:
            reason = ("検査を読み込めませんでした。",)
            return [Verdict(cell, "採点プログラムの検査", 0.0, Outcome.GRADER_ERROR, reason)]
        missing = Outcome.GRADER_ERROR, ("結果がありません。",)
        verdicts = [self.verdicts.get(item.nodeid) or verdict(item, *missing) for item in items]
        others = {verdict.check: verdict for verdict in verdicts}
        return [require_needed(verdict, item, others) for verdict, item in zip(verdicts, items, strict=True)]


def verdict(item: pytest.Item, outcome: Outcome, evidence: tuple[str, ...]) -> Verdict:
    """The outcome with the check's title and points; a check without points is the grader's error."""
    function = getattr(item, "obj", None)
    title = (inspect.getdoc(function) or item.name).splitlines()[0]
    marker = item.get_closest_marker("points")
    if marker is None:
        return Verdict(item.name, title, 0.0, Outcome.GRADER_ERROR, ("検査に配点がありません。",))
    figure = dict(item.user_properties).get("figure")
    shown = figure if isinstance(figure, Figure) else None
    return Verdict(item.name.removeprefix("test_"), title, float(marker.args[0]), outcome, evidence, shown)


def require_needed(verdict: Verdict, item: pytest.Item, others: Mapping[str, Verdict]) -> Verdict:
    """A passed verdict earns points only if the check that it needs has passed too. others: verdicts by check."""
    marker = item.get_closest_marker("points")
    needs = marker.kwargs.get("needs") if marker else None
    if not needs or verdict.outcome is not Outcome.PASSED or others[needs].outcome is Outcome.PASSED:
        return verdict
    ours = others[needs].outcome is Outcome.GRADER_ERROR
    outcome = Outcome.GRADER_ERROR if ours else Outcome.WRONG
    return replace(verdict, outcome=outcome, evidence=(f"「{others[needs].title}」に合格すると、点になります。",))


def explain(error: BaseException) -> tuple[Outcome, tuple[str, ...]]:
    """The outcome of a check that raised `error`, and the evidence: at most five short lines."""
    if isinstance(error, Flaky):  # the same question got two answers, or the student's time ran out in between
        causes = [
            e
            for e in getattr(error, "exceptions", ())
            if isinstance(e, (Mismatch, StudentRaised, StudentGone, TooSlow, WireError))
        ]
        if not causes:
            return Outcome.GRADER_ERROR, (f"{type(error).__name__}",)
        outcome, evidence = explain(next((e for e in causes if isinstance(e, (StudentGone, WireError))), causes[0]))
        changing = () if outcome is Outcome.CRASHED else ("同じ入力でも、答えが呼ぶたびに変わります。",)
        return outcome, (*evidence, *changing)
    match error:
        case Mismatch():
            lines = f"{error.asked} → {error.got}", f"正しくは {error.expected}", error.difference
            return Outcome.WRONG, tuple(_short(line) for line in lines if line)
        case StudentRaised(name="NotImplementedError") if error.message in STUB_MESSAGES:
            unwritten = f"関数 {error.function} の中身です。"  # it may call another function that is still a stub
            return Outcome.NOT_IMPLEMENTED, (_short(unwritten),) if error.function else ()
        case StudentRaised():
            lines = error.question, f"{error.name}: {error.message}", f"その行: {error.line}" if error.line else ""
            return Outcome.RAISED, tuple(_short(line) for line in lines if line)
        case TooSlow():
            return Outcome.TOO_SLOW, ("時間内に答えが返りませんでした。",)
        case StudentGone() | WireError():  # only a student's value can exceed the message limit
            return Outcome.CRASHED, (f"プログラムが終わってしまいました（{_short(str(error))}）。",)
    return Outcome.GRADER_ERROR, (_short(f"{type(error).__name__}: {error}"),)


def _short(line: str, most: int = 300) -> str:
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"
