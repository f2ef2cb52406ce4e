"""One pytest session per notebook, in this process, → verdicts. Knows nothing of notebooks or nbgrader."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from hypothesis import is_hypothesis_test
from hypothesis.errors import Flaky

from grader.assignments.loss_functions.training.weighted_run import WeightedRun
from grader.errors import GraderFault, Mismatch, StudentGone, StudentRaised, TooSlow, WireError
from grader.grading import replay as prepared
from grader.grading.replay import BatchChannel
from grader.grading.verdict import Outcome, Verdict
from grader.student.proxy import Channel

STUB_MESSAGES = ("", "ここに書く")  # of the release's stub; torch raises NotImplementedError too, with its own words
Reach = Callable[[str], BatchChannel]
UNUSED = """terminal logging warnings doctest unittest faulthandler pastebin stepwise setuponly setupplan
tmpdir monkeypatch recwarn unraisableexception threadexception"""  # the last two collect garbage: 0.3 s a session
FLAGS = [
    "--disable-plugin-autoload",  # a plugin of the host's environment could change what a check means
    "--capture=no",  # pytest's capture would eat what other threads of the host print
    *(f"-pno:{name}" for name in UNUSED.split()),
]
PREPARED: prepared.Memory = {}  # of this process, for every student


def judge(
    modules: Mapping[str, Path],
    reach: Reach,
    weighted_run: WeightedRun | None = None,
    memory: prepared.Memory | None = PREPARED,
) -> dict[str, list[Verdict]]:
    """Judge the checks cells of one notebook, in order.

    modules: for each checks cell its module of checks.
    reach: called once for each cell, when its turn comes: runs the notebook up to there → where to ask.
    memory: what is known of the checks; None: hypothesis itself runs each. The verdicts are the same.
    → for each cell its verdicts in the order of the module; one that is missing is `ours`. KeyboardInterrupt passes.
    """
    plugin = _Judge({str(path): cell for cell, path in modules.items()}, reach, weighted_run, memory)
    if modules:
        first = next(iter(modules.values()))
        arguments = [
            *FLAGS,
            f"--rootdir={first.parent}",
            "-c",
            str(first.parent / "pytest.ini"),
            *map(str, modules.values()),
        ]
        options = os.environ.pop("PYTEST_ADDOPTS", None)
        try:
            with one_thread():
                pytest.main(arguments, plugins=[plugin])
        finally:
            if options is not None:
                os.environ["PYTEST_ADDOPTS"] = options
        if plugin.interrupted:
            raise KeyboardInterrupt
    return {cell: plugin.verdicts_of(cell) for cell in modules}


@contextmanager
def one_thread() -> Iterator[None]:
    """Checks compute on tiny tensors, where torch's thread pool only costs (6 ms instead of 0.1 on a busy machine), and
    the trusted run repeats bit for bit at one thread count only."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@dataclass
class _Judge:
    """Answers the fixtures of `checks/conftest.py`, which finds this plugin by its name, and collects the verdicts."""

    __name__: ClassVar[str] = "answers"
    cells: dict[str, str]  # path of a module → its checks cell
    reach: Reach
    run: WeightedRun | None
    memory: prepared.Memory | None
    expected: dict[str, list[pytest.Item]] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # by node id
    channels: dict[str, BatchChannel] = field(default_factory=dict)
    interrupted: bool = False

    def channel(self, module: Path) -> Channel:
        """Where the checks of `module` ask; the notebook is run up to its checks cell now."""
        cell = self.cells[str(module)]
        self.channels[cell] = self.reach(cell)
        return self.channels[cell]

    def weighted_run(self) -> WeightedRun:
        """The trusted training run. Raises GraderFault where the notebook has none."""
        if self.run is None:
            raise GraderFault("this notebook has no weighted run")
        return self.run

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            self.expected.setdefault(self.cells[str(item.path)], []).append(item)

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        self.channels[self.cells[str(item.path)]].begin_check()

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Run a check that draws its examples; pytest runs all others."""
        check = pyfuncitem.obj
        if self.memory is None or not is_hypothesis_test(check):
            return None
        fixtures = {name: pyfuncitem.funcargs[name] for name in inspect.signature(check).parameters}
        prepared.run(check, fixtures, self.channels[self.cells[str(pyfuncitem.path)]], self.memory)
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
        items = self.expected.get(cell)
        if not items:
            return [Verdict(cell, "採点プログラムの検査", 0.0, Outcome.GRADER_ERROR, ("検査を読み込めませんでした。",))]
        missing = Outcome.GRADER_ERROR, ("結果がありません。",)
        verdicts = [self.verdicts.get(item.nodeid) or verdict(item, *missing) for item in items]
        others = {verdict.check: verdict for verdict in verdicts}
        return [paid(verdict, item, others) for verdict, item in zip(verdicts, items, strict=True)]


def verdict(item: pytest.Item, outcome: Outcome, evidence: tuple[str, ...]) -> Verdict:
    """The outcome with what the check says of itself; a check without points is our mistake."""
    function = getattr(item, "obj", None)
    title = (inspect.getdoc(function) or item.name).splitlines()[0]
    marker = item.get_closest_marker("points")
    if marker is None:
        return Verdict(item.name, title, 0.0, Outcome.GRADER_ERROR, ("検査に配点がありません。",))
    properties = dict(item.user_properties)
    return Verdict(item.name.removeprefix("test_"), title, float(marker.args[0]), outcome, evidence, properties)


def paid(verdict: Verdict, item: pytest.Item, others: Mapping[str, Verdict]) -> Verdict:
    """The verdict where the check that this one needs has passed too; else what it is then. others: by check."""
    marker = item.get_closest_marker("points")
    needs = marker.kwargs.get("needs") if marker else None
    if not needs or verdict.outcome is not Outcome.PASSED or others[needs].outcome is Outcome.PASSED:
        return verdict
    outcome = Outcome.GRADER_ERROR if others[needs].outcome is Outcome.GRADER_ERROR else Outcome.WRONG
    return replace(verdict, outcome=outcome, evidence=(f"「{others[needs].title}」に合格すると、点になります。",))


def explain(error: BaseException) -> tuple[Outcome, tuple[str, ...]]:
    """Whose doing it was, and the evidence, at most five short lines."""
    if isinstance(error, Flaky):  # the same question was answered in two ways, or the student's time ran out meanwhile
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
            unwritten = f"関数 {error.function} の中身です。"  # it may be another than the one that was asked for
            return Outcome.NOT_IMPLEMENTED, (_short(unwritten),) if error.function else ()
        case StudentRaised():
            lines = error.question, f"{error.name}: {error.message}", f"その行: {error.line}" if error.line else ""
            return Outcome.RAISED, tuple(_short(line) for line in lines if line)
        case TooSlow():
            return Outcome.TOO_SLOW, ("時間内に答えが返りませんでした。",)
        case StudentGone() | WireError():  # our own words always fit: it was a student's value that had to go back
            return Outcome.CRASHED, (f"プログラムが終わってしまいました（{_short(str(error))}）。",)
    return Outcome.GRADER_ERROR, (_short(f"{type(error).__name__}: {error}"),)


def _short(line: str, most: int = 300) -> str:
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"
