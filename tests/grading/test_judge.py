"""The judge, with throw-away modules of checks: passes, fails, raises, hangs, has no points, is no Python."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.errors import GraderFault, StudentGone, TooSlow
from grader.grading.judge import judge
from grader.grading.replay import Memory
from grader.grading.verdict import Outcome, Verdict, score
from grader.student.proxy import InProcessChannel
from tests.helpers.loss_functions import ASSIGNMENT

HEAD = """
import torch, pytest
from hypothesis import strategies as st
from grader.checking.comparison import assert_close, fail
from grader.checking.drawing import given, points
"""
NUMBERS = itertools.count()
Judged = Callable[..., list[Verdict]]


class Channel(InProcessChannel):
    def __init__(self, names: dict[str, Any], error: BaseException | None = None) -> None:
        super().__init__(names)
        self.error = error

    def begin_check(self) -> None: ...

    def ask(self, question: dict[str, Any]) -> Any:
        if self.error:
            raise self.error
        return super().ask(question)


MEMORY: Memory = {}


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Write a module of checks and judge a student with these names."""

    def run(body: str, error: BaseException | None = None, **names: Any) -> list[Verdict]:
        module = tmp_path / f"module_{next(NUMBERS)}.py"  # pytest keeps modules by their name
        module.write_text(HEAD + body)
        return judge({"cell": module}, lambda cell: Channel(names, error), memory=MEMORY)["cell"]

    return run


def test_passed_and_wrong(judged: Judged) -> None:
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


def test_the_smallest_failing_example(judged: Judged) -> None:
    (verdict,) = judged(PROPERTY, f=lambda x: torch.where(x > 88, torch.nan, x))
    assert verdict.evidence[:2] == ("f([89]) → [nan]", "正しくは [89]")


def test_raised_and_unwritten(judged: Judged) -> None:
    def broken(x: torch.Tensor) -> torch.Tensor:
        return x @ x.reshape(1, 1, 1, -1, 1) @ x[5:]

    def stub(x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("ここに書く")

    def no_kernel(x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError('"softmax" not implemented for Half')

    assert judged(PROPERTY, f=broken)[0].outcome is Outcome.RAISED
    assert judged(PROPERTY, f=stub)[0].outcome is Outcome.NOT_IMPLEMENTED
    assert judged(PROPERTY, f=no_kernel)[0].outcome is Outcome.RAISED, "torch's own word is no empty stub"


def test_slow_and_gone(judged: Judged) -> None:
    assert judged(PROPERTY, TooSlow("late"))[0].outcome is Outcome.TOO_SLOW
    assert judged(PROPERTY, StudentGone("killed"))[0].outcome is Outcome.CRASHED


def test_a_check_that_needs_another_is_paid_with_it_alone(judged: Judged) -> None:
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
    assert (once.outcome, values.outcome) == (Outcome.GRADER_ERROR, Outcome.GRADER_ERROR), "nobody knows"


def test_an_answer_that_changes_is_wrong(judged: Judged) -> None:
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
def test_what_is_not_understood_is_ours_and_has_no_score(judged: Judged, body: str) -> None:
    verdicts = judged(body, f=lambda x: x)
    assert {v.outcome for v in verdicts} == {Outcome.GRADER_ERROR}
    assert score(verdicts, 4) is None


def test_a_notebook_that_cannot_be_reached_is_ours(judged: Judged, tmp_path: Path) -> None:
    def reach(cell: str) -> Channel:
        raise GraderFault("the fork server is gone")

    module = tmp_path / f"module_{next(NUMBERS)}.py"
    module.write_text(HEAD + PROPERTY)
    assert judge({"cell": module}, reach, memory=MEMORY)["cell"][0].outcome is Outcome.GRADER_ERROR


def test_ctrl_c_inside_a_check_is_raised_again(judged: Judged) -> None:
    with pytest.raises(KeyboardInterrupt):
        judged("@points(1)\ndef test_it(student):\n    raise KeyboardInterrupt")


def test_ctrl_c_in_the_students_code_is_an_answer(judged: Judged) -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        raise KeyboardInterrupt

    assert judged(PROPERTY, f=f)[0].outcome is Outcome.RAISED


def test_modules_are_judged_in_order_each_at_its_place(judged: Judged, tmp_path: Path) -> None:
    reached: list[str] = []
    modules = {}
    for cell in ("second", "first"):
        modules[cell] = tmp_path / f"{cell}.py"
        modules[cell].write_text(HEAD + PROPERTY)

    def reach(cell: str) -> Channel:
        reached.append(cell)
        return Channel({"f": lambda x: x})

    verdicts = judge(modules, reach, memory=MEMORY)
    assert reached == ["second", "first"]
    assert [v[0].outcome for v in verdicts.values()] == [Outcome.PASSED] * 2


def test_the_hosts_environment_does_not_matter(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    threads = torch.get_num_threads()
    assert judged(PROPERTY, f=lambda x: x)[0].outcome is Outcome.PASSED
    assert torch.get_num_threads() == threads


def test_nothing_but_a_known_outcome_scores() -> None:
    assert score([], 3) is None
    assert score([Verdict("a", "", 0.0, Outcome.PASSED)], 3) is None
    assert score([Verdict("a", "", 1.0, Outcome.PASSED), Verdict("b", "", 1.0, Outcome.GRADER_ERROR)], 3) is None
    others = [o for o in Outcome if o not in (Outcome.PASSED, Outcome.GRADER_ERROR)]
    assert score([Verdict("a", "", 1.0, o) for o in others], 3) == 0.0


@pytest.mark.parametrize(
    "cell", ["", "softmax", "_checks", "no_such_checks", "../judge_checks", "conftest", "a/b_checks"]
)
def test_only_modules_of_checks_are_found(cell: str) -> None:
    assert ASSIGNMENT.checks_for(cell) is None
