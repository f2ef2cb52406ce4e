"""The judge gives each check of a module an outcome and evidence; the modules are written by the tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.errors import GraderFault, StudentGone, TooSlow, Undecided
from grader.grading.evidence import CHANGING, NOT_AGAIN
from grader.grading.judge import confirm, judge
from grader.grading.recordings import Memory
from grader.grading.verdict import Outcome, Verdict, score
from grader.student.proxy import InProcessChannel
from tests.helpers.loss_functions import ASSIGNMENT

HEADER = """
import torch, pytest
from hypothesis import strategies as st
from grader.checking.comparison import assert_close, fail
from grader.checking.drawing import given, points
"""
NUMBERS = itertools.count()
Judge = Callable[..., list[Verdict]]


class Channel(InProcessChannel):
    """Answer questions in this process, or raise `error` at each."""

    def __init__(self, names: dict[str, Any], error: BaseException | None = None) -> None:
        super().__init__(names)
        self.error = error

    def begin_check(self, seconds: float | None = None) -> None: ...

    def ask(self, question: dict[str, Any]) -> Any:
        if self.error:
            raise self.error
        return super().ask(question)


MEMORY = Memory()


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    """A function that writes a module of checks, judges a notebook with these names, and returns the verdicts."""

    def judge_body(body: str, error: BaseException | None = None, **names: Any) -> list[Verdict]:
        module = tmp_path / f"module_{next(NUMBERS)}.py"  # pytest caches modules by name
        module.write_text(HEADER + body)
        return judge({"cell": module}, lambda cell: Channel(names, error), memory=MEMORY)["cell"]

    return judge_body


def test_a_wrong_check_shows_the_call_and_the_expected_value(judged: Judge) -> None:
    body = """
@points(2)
def test_one(student):
    '''最初の検査。'''
    assert_close(student.f(torch.ones(2)), torch.tensor([2.0, 2.0]))

@points(1)
def test_two(student):
    assert_close(student.f(torch.ones(2)), torch.tensor([2.0, 3.0]))
"""
    one, two = judged(body, f=lambda x: 2 * x)
    assert one == Verdict("one", "最初の検査。", 2.0, Outcome.PASSED)
    assert (two.outcome, two.points) == (Outcome.WRONG, 1.0)
    assert two.evidence[:2] == ("f([1, 1]) → [2, 2]", "正しくは [2, 3]")
    assert score([one, two], 6) == 4.0


PROPERTY = """
@points(1)
@given(n=st.integers(0, 1000))
def test_property(student, n):
    assert_close(student.f(torch.tensor([float(n)])), torch.tensor([float(n)]))
"""


def test_the_evidence_is_the_smallest_failing_example(judged: Judge) -> None:
    (verdict,) = judged(PROPERTY, f=lambda x: torch.where(x > 88, torch.nan, x))
    assert verdict.evidence[:2] == ("f([89]) → [nan]", "正しくは [89]")


NEEDING = (
    PROPERTY
    + """
@points(1, needs="property")
def test_once(student):
    assert_close(student.f(torch.zeros(1)), torch.zeros(1))
"""
)


@pytest.mark.parametrize(
    ("again", "error", "evidence"),
    [
        (lambda x: x + 2, None, "f([0]) → [2]"),
        (lambda x: x.nothing, None, "f([0])"),
        (lambda x: x, None, CHANGING),
        (None, StudentGone("killed"), NOT_AGAIN),
        (None, TooSlow("late"), NOT_AGAIN),
    ],
)
def test_evidence_is_what_another_process_answers_to_the_same_example(
    tmp_path: Path, again: Any, error: Exception | None, evidence: str
) -> None:
    modules = {"cell": tmp_path / f"module_{next(NUMBERS)}.py"}
    modules["cell"].write_text(HEADER + NEEDING)
    first = judge(modules, lambda _: Channel({"f": lambda x: x + 1}), memory=MEMORY)
    assert [v.evidence[0] for v in first["cell"]] == ["f([0]) → [1]"] * 2
    second = confirm(first, modules, lambda _: Channel({"f": again}, error))
    assert [v.evidence[0] for v in second["cell"]] == [evidence] * 2
    assert [(v.check, v.outcome) for v in second["cell"]] == [(v.check, v.outcome) for v in first["cell"]]


def test_an_exception_and_an_unwritten_stub_are_told_apart(judged: Judge) -> None:
    def broken(x: torch.Tensor) -> torch.Tensor:
        return x @ x.reshape(1, 1, 1, -1, 1) @ x[5:]

    def stub(x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("ここに書く")

    def no_kernel(x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError('"softmax" not implemented for Half')

    assert judged(PROPERTY, f=broken)[0].outcome is Outcome.RAISED
    assert judged(PROPERTY, f=stub)[0].outcome is Outcome.NOT_IMPLEMENTED
    assert judged(PROPERTY, f=no_kernel)[0].outcome is Outcome.RAISED, "torch raises NotImplementedError, too"


def test_a_timeout_and_a_dead_process_have_their_own_outcomes(judged: Judge) -> None:
    assert judged(PROPERTY, TooSlow("late"))[0].outcome is Outcome.TOO_SLOW
    assert judged(PROPERTY, StudentGone("killed"))[0].outcome is Outcome.CRASHED
    assert judged(PROPERTY, Undecided("wall clock"))[0].outcome is Outcome.UNDECIDED


def test_a_check_that_needs_another_earns_points_only_with_it(judged: Judge) -> None:
    body = """
@points(1, needs="values")
def test_once(student):
    assert_close(student.f(torch.ones(1)), torch.ones(1))

@points(2)
def test_values(student):
    '値が合う。'
    assert_close(student.f(torch.zeros(1)), torch.zeros(1))
"""
    once, values = judged(body, f=lambda x: x)
    assert (once.outcome, values.outcome) == (Outcome.PASSED, Outcome.PASSED)
    once, values = judged(body, f=torch.ones_like)
    assert (once.outcome, values.outcome) == (Outcome.WRONG, Outcome.WRONG)
    assert once.evidence == ("「値が合う。」に合格すると、点になります。",)
    once, values = judged(body.replace("    '値", "    1 / 0\n    '値"), f=lambda x: x)
    assert (once.outcome, values.outcome) == (Outcome.GRADER_ERROR, Outcome.GRADER_ERROR), "not known"


def test_an_answer_that_changes_is_wrong(judged: Judge) -> None:
    calls = iter(range(10**6))
    (verdict,) = judged(PROPERTY, f=lambda x: x if next(calls) % 3 else x + 1)
    assert verdict.outcome is Outcome.WRONG


@pytest.mark.parametrize(
    "body",
    [
        "@points(1)\ndef test_it(student):\n    raise ZeroDivisionError",
        "@points(1)\ndef test_it(student):\n    assert False, 'an assertion that is not about the answer'",
        "@points(1)\ndef test_it(student, no_such_fixture): ...",
        "@points(1)\ndef test_it(student):\n    pytest.skip('why')",
        "@points(1)\ndef test_it(student):\n    pytest.exit('now')",
        "def test_without_points(student): ...",
        "def no_check_at_all(): ...",
        "this is no Python",
        "import sys; sys.exit(0)",
    ],
)
def test_an_unexpected_result_is_an_error_of_the_grader_without_a_score(judged: Judge, body: str) -> None:
    verdicts = judged(body, f=lambda x: x)
    assert {v.outcome for v in verdicts} == {Outcome.GRADER_ERROR}
    assert score(verdicts, 4) is None


def test_an_unreachable_notebook_is_an_error_of_the_grader(tmp_path: Path) -> None:
    def run_up_to(cell: str) -> Channel:
        raise GraderFault("the fork server is gone")

    module = tmp_path / f"module_{next(NUMBERS)}.py"
    module.write_text(HEADER + PROPERTY)
    assert judge({"cell": module}, run_up_to, memory=MEMORY)["cell"][0].outcome is Outcome.GRADER_ERROR


def test_ctrl_c_inside_a_check_is_raised_again(judged: Judge) -> None:
    with pytest.raises(KeyboardInterrupt):
        judged("@points(1)\ndef test_it(student):\n    raise KeyboardInterrupt")


def test_keyboard_interrupt_in_the_students_code_is_an_ordinary_exception(judged: Judge) -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        raise KeyboardInterrupt

    assert judged(PROPERTY, f=f)[0].outcome is Outcome.RAISED


def test_the_notebook_is_run_up_to_each_checks_cell_in_order(tmp_path: Path) -> None:
    cells: list[str] = []
    modules = {}
    for cell in ("second", "first"):
        modules[cell] = tmp_path / f"{cell}.py"
        modules[cell].write_text(HEADER + PROPERTY)

    def run_up_to(cell: str) -> Channel:
        cells.append(cell)
        return Channel({"f": lambda x: x})

    verdicts = judge(modules, run_up_to, memory=MEMORY)
    assert cells == ["second", "first"]
    assert [v[0].outcome for v in verdicts.values()] == [Outcome.PASSED] * 2


def test_pytest_options_of_the_host_are_ignored_and_threads_restored(
    judged: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    threads = torch.get_num_threads()
    assert judged(PROPERTY, f=lambda x: x)[0].outcome is Outcome.PASSED
    assert torch.get_num_threads() == threads


def test_only_complete_verdicts_without_errors_of_the_grader_have_a_score() -> None:
    assert score([], 3) is None
    assert score([Verdict("a", "", 0.0, Outcome.PASSED)], 3) is None
    assert score([Verdict("a", "", 1.0, Outcome.PASSED), Verdict("b", "", 1.0, Outcome.GRADER_ERROR)], 3) is None
    assert score([Verdict("a", "", 1.0, Outcome.PASSED), Verdict("b", "", 1.0, Outcome.UNDECIDED)], 3) is None
    others = [o for o in Outcome if o not in (Outcome.PASSED, Outcome.GRADER_ERROR, Outcome.UNDECIDED)]
    assert score([Verdict("a", "", 1.0, o) for o in others], 3) == 0.0


@pytest.mark.parametrize(
    "cell", ["", "softmax", "_checks", "no_such_checks", "../judge_checks", "conftest", "a/b_checks"]
)
def test_other_files_are_not_taken_for_modules_of_checks(cell: str) -> None:
    assert ASSIGNMENT.checks_for(cell) is None
