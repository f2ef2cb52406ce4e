"""Checks whose questions are asked in one message: the verdicts are those of the plain way, whoever answers."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis.errors import FlakyFailure

import grader.assignments.loss_functions.checks
from grader import wire
from grader.assignments.loss_functions.checks import checks_for
from grader.errors import StudentGone, TooSlow, WireError
from grader.grading.judge import explain, judge
from grader.grading.replay import MOST_HEADERS, Memory
from grader.grading.verdict import Outcome, Verdict
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.runtime import answer
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from grader.student.proxy import InProcessChannel
from tests.helpers.bank import BankChannel

HEAD = """
import torch, pytest
from hypothesis import strategies as st
from grader.checking.comparison import assert_close, fail
from grader.checking.drawing import given, points
"""
DOUBLE = """
@points(1)
@given(n=st.integers(0, 1000))
def test_double(student, n):
    question = torch.tensor([float(n)])
    assert_close(student.f(question), 2 * question)
"""
NUMBERS = itertools.count()


def right(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


class Channel(InProcessChannel):
    """Counts what is asked alone and what is asked together; `altered` may change what comes back for the latter."""

    def __init__(self, f: Any, altered: Callable[[list[bytes]], list[bytes]] = lambda answers: answers) -> None:
        super().__init__({"f": f})
        self.alone, self.together, self.altered = 0, 0, altered

    def begin_check(self) -> None: ...

    def ask(self, question: dict[str, Any]) -> Any:
        self.alone += 1
        return super().ask(question)

    def ask_all(self, questions: list[bytes]) -> list[bytes]:
        self.together += len(questions)
        return self.altered(super().ask_all(questions))


class Check:
    """A module with one check, which somebody has passed before."""

    def __init__(self, folder: Path, body: str) -> None:
        self.module = folder / f"prepared_{next(NUMBERS)}.py"  # pytest keeps modules by their name
        self.module.write_text(HEAD + body)
        self.memory: Memory = {}
        self.first = Channel(right)
        assert self.judged(self.first).outcome is Outcome.PASSED

    def judged(self, channel: Any, *, plainly: bool = False) -> Verdict:
        memory = None if plainly else self.memory
        (verdict,) = judge({"cell": self.module}, lambda _: channel, memory=memory)["cell"]
        return verdict

    def both(self, f: Callable[[], Any]) -> tuple[Verdict, Verdict]:
        """The verdicts of the plain way and of ours on an answer that `f` makes anew for each."""
        return self.judged(Channel(f()), plainly=True), self.judged(Channel(f()))


Checking = Callable[[str], Check]


@pytest.fixture
def check(tmp_path: Path) -> Checking:
    for name in ("conftest.py", "pytest.ini"):
        shutil.copy(Path(grader.assignments.loss_functions.checks.__file__).parent / name, tmp_path)
    return lambda body=DOUBLE: Check(tmp_path, body)


def test_the_plain_way_asks_the_same_questions(check: Checking) -> None:
    double, plain = check(DOUBLE), Channel(right)
    double.judged(plain, plainly=True)
    assert double.first.alone == plain.alone
    (prepared,) = double.memory.values()
    assert prepared.questions is not None
    assert len(prepared.questions) == plain.alone


def test_a_right_answer_is_asked_in_one_message(check: Checking) -> None:
    double = check(DOUBLE)
    for f in (right, right, lambda x: x + x):
        channel = Channel(f)
        assert double.judged(channel).outcome is Outcome.PASSED
        assert (channel.together, channel.alone) == (double.first.alone, 1)


def test_what_passed_before_is_not_judged_again_and_nothing_else_passes_for_it(check: Checking) -> None:
    double = check(DOUBLE)
    for _ in range(2):
        assert double.judged(Channel(right)).outcome is Outcome.PASSED
    (prepared,) = double.memory.values()
    assert len(prepared.passed) == 1
    assert double.judged(Channel(lambda x: 2 * x + 1 * (x == 7))).outcome is Outcome.PASSED, "7 is never drawn"
    assert double.judged(Channel(lambda x: 2 * x + 1 * (x > 999))).outcome is Outcome.PASSED
    largest = max(float(wire.decode(q)["nodes"][1][1]) for q in prepared.questions or [])
    assert double.judged(Channel(lambda x: 2 * x + 1 * (x >= largest))).outcome is Outcome.WRONG


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x,
        lambda x: torch.where(x > 88, torch.nan, 2 * x),
        lambda x: (2 * x).tolist(),
        lambda x: None,
        lambda x: 1 / 0,
        lambda x: x.add_(x)[:0],
        lambda x: torch.randn(1),
    ],
)
def test_a_wrong_answer_has_the_verdict_of_the_plain_way(check: Checking, f: Any) -> None:
    plain, ours = check(DOUBLE).both(lambda: f)
    assert plain == ours
    assert ours.outcome is not Outcome.PASSED


@pytest.mark.parametrize("times", [0, 1, 20, 39, 40, 41, 60, 79])
def test_right_the_first_times_only_gains_nothing(check: Checking, times: int) -> None:
    def made() -> Any:
        calls = itertools.count()
        return lambda x: 2 * x if next(calls) < times else x

    plain, ours = check(DOUBLE).both(made)
    assert plain.outcome in (Outcome.PASSED, Outcome.WRONG)
    assert ours.outcome is plain.outcome or ours.outcome is Outcome.WRONG


@pytest.mark.parametrize("wrong", [0, 1, 7, 39])
def test_wrong_only_once_is_wrong(check: Checking, wrong: int) -> None:
    """A second chance would be worth points to whoever guesses."""

    def made() -> Any:
        calls = itertools.count()
        return lambda x: 2 * x + (next(calls) == wrong)

    plain, ours = check(DOUBLE).both(made)
    assert plain.outcome is ours.outcome is Outcome.WRONG
    assert plain.evidence == ours.evidence


def sly(x: torch.Tensor) -> torch.Tensor:
    """Right only when asked together."""
    frame: Any = sys._getframe()
    while frame and frame.f_code is not answer.answers.__code__:
        frame = frame.f_back
    return 2 * x if frame else x


def test_right_only_when_asked_together_gains_nothing(check: Checking) -> None:
    channel = Channel(sly)
    assert check(DOUBLE).judged(channel).outcome is Outcome.WRONG
    assert channel.together


def test_nor_does_one_answer_more_which_is_what_comes_alone(check: Checking) -> None:
    double = check(DOUBLE)
    (prepared,) = double.memory.values()
    alone = wire.encode(Channel(sly).ask(wire.decode((prepared.questions or [])[-1])))
    channel = Channel(sly, lambda answers: [*answers, alone])
    assert double.judged(channel).outcome is Outcome.WRONG
    assert channel.together


@pytest.mark.parametrize(
    ("altered", "outcome"),
    [
        (lambda answers: [], "passed"),
        (lambda answers: answers[:5], "passed"),
        (lambda answers: [*answers, *answers], "passed"),
        (lambda answers: answers[::-1], "wrong"),
        (lambda answers: [b"nonsense" for _ in answers], "crashed"),
        (lambda answers: [wire.encode({"value": True, "inputs": [], "parameters": []})] * 40, "crashed"),
    ],
)
def test_a_message_with_other_answers(check: Checking, altered: Any, outcome: str) -> None:
    """What is missing is asked alone; what is false counts, though the same question is answered rightly alone."""
    double = check(DOUBLE)
    assert double.judged(Channel(right, altered)).outcome == outcome
    assert double.judged(Channel(lambda x: x, altered)).outcome is Outcome.WRONG


@pytest.mark.parametrize(("error", "outcome"), [(TooSlow("late"), "too_slow"), (StudentGone("killed"), "crashed")])
def test_no_answers_at_all(check: Checking, error: Exception, outcome: str) -> None:
    def altered(answers: list[bytes]) -> list[bytes]:
        raise error

    assert check(DOUBLE).judged(Channel(right, altered)).outcome == outcome


ASKS_ABOUT_AN_ANSWER = """
@points(1)
@given(n=st.integers(0, 1000))
def test_twice(student, n):
    once = student.f(torch.tensor([float(n)])).value()
    assert_close(once, torch.tensor([2.0 * n]), asked="f", tol=1e-2)
    assert_close(student.f(once), 2 * once)
"""


def test_a_check_that_asks_about_an_answer_is_left_to_the_plain_way(check: Checking) -> None:
    twice = check(ASKS_ABOUT_AN_ANSWER)
    known = Channel(right)
    assert twice.judged(known).outcome is Outcome.PASSED
    assert known.alone == 1
    other = Channel(lambda x: 2.001 * x)
    assert twice.judged(other).outcome is twice.judged(Channel(lambda x: 2.001 * x), plainly=True).outcome
    almost = Channel(lambda x: 2 * x + 1e-4 * (x == 0))
    assert twice.judged(almost).outcome is Outcome.PASSED
    assert almost.alone > 1


ASKS_THE_SAME_AGAIN = """
@points(1)
@given(n=st.integers(0, 1000))
def test_same(student, n):
    for question in (torch.tensor([-1.0]), torch.tensor([float(n)]), torch.tensor([-1.0])):
        assert_close(student.f(question), 2 * question)
"""


def test_a_question_is_sent_once_and_its_answer_counts_wherever_it_is_asked(check: Checking) -> None:
    same = check(ASKS_THE_SAME_AGAIN)
    (prepared,) = same.memory.values()
    assert prepared.questions is not None
    channel = Channel(right)
    assert same.judged(channel).outcome is Outcome.PASSED
    assert (channel.together, channel.alone) == (len(set(prepared.questions)), 1)
    assert channel.together < len(prepared.questions) / 2
    for altered in (lambda answers: answers[:1], lambda answers: answers[:2], lambda answers: answers[1:]):
        first = Channel(lambda x: 2 * x + (x < 0), altered)
        assert same.judged(first).outcome is Outcome.WRONG
    for number in range(3):
        calls = itertools.count()
        assert same.judged(Channel(lambda x: 2 * x + (next(calls) == number))).outcome is Outcome.WRONG  # noqa: B023


class Padded(Channel):
    """So many zeros more in each reply, which takes three bytes for each."""

    def __init__(self, f: Any, alone: int, together: int) -> None:
        super().__init__(f, lambda answers: [wire.encode(padded(wire.decode(one), together)) for one in answers])
        self.zeros = alone

    def ask(self, question: dict[str, Any]) -> Any:
        return padded(super().ask(question), self.zeros)


def padded(reply: dict[str, Any], zeros: int) -> dict[str, Any]:
    return {**reply, "more": [0] * zeros}


def test_a_reply_that_is_too_large_when_it_is_encoded_again(check: Checking) -> None:
    """It fitted because its spaces were left out."""
    double = check(DOUBLE)
    assert double.judged(Padded(right, 400_000, 0)).outcome is Outcome.PASSED
    assert double.judged(Padded(sly, 400_000, 0)).outcome is Outcome.WRONG
    assert explain(WireError("the message is too large"))[0] is Outcome.CRASHED
    assert explain(FlakyFailure("", [WireError("the message is too large")]))[0] is Outcome.CRASHED


@pytest.mark.parametrize(("zeros", "together"), [(0, True), (1000, True), (30_000, False)])
def test_answers_with_large_headers_are_not_held_together(check: Checking, zeros: int, together: bool) -> None:
    double, channel = check(DOUBLE), Padded(right, zeros, zeros)
    assert double.judged(channel).outcome is Outcome.PASSED
    assert (channel.alone == 1) == together


def test_honest_answers_are_far_from_that_bound() -> None:
    names = {"softmax": torch.nn.Softmax(dim=1)}
    module = checks_for("softmax_checks")
    assert module
    memory: Memory = {}
    judge({"cell": module}, lambda _: BankChannel(names), memory=memory)
    assert memory
    for known in memory.values():
        answers = InProcessChannel(names).ask_all(known.questions or [])
        assert sum(wire.header_size(one[:4]) for one in answers) < MOST_HEADERS / 5


RECORDS = """
@points(1)
@given(n=st.integers(0, 1000))
def test_with_a_record(student, record_property, n):
    record_property("n", n)
    assert_close(student.f(torch.tensor([float(n)])), torch.tensor([2.0 * n]))
"""


def test_a_check_that_takes_more_than_a_student_is_left_to_the_plain_way(check: Checking) -> None:
    records, channel = check(RECORDS), Channel(right)
    assert set(records.judged(channel).properties) == {"n"}
    assert channel.together == 0


def test_a_check_that_fails_for_our_own_reasons_stays_ours(check: Checking) -> None:
    body = DOUBLE + "    if not bool((student.f(question).value() == 2 * question).all()): raise LookupError\n"
    ours = check(body.replace("2 * question)\n    if", "2 * question, tol=1)\n    if"))
    assert ours.judged(Channel(lambda x: 2 * x + 1e-3)).outcome is Outcome.GRADER_ERROR
    calls = itertools.count()
    assert ours.judged(Channel(lambda x: 2 * x + 1e-3 * (next(calls) == 3))).outcome is Outcome.GRADER_ERROR


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def pipe(server: ForkServer) -> Iterator[PipeChannel]:
    with server.start((), {}) as process:
        yield PipeChannel(process, Limits(answer_seconds=1.0, check_seconds=20.0))


def test_a_process_answers_together_as_alone(check: Checking, pipe: PipeChannel) -> None:
    double = check(DOUBLE)
    (prepared,) = double.memory.values()
    pipe.run(
        "import torch, random, numpy\ndef f(x): return 2 * x + torch.rand(1) + random.random() + numpy.random.rand()"
    )
    pipe.begin_check()
    alone = [wire.encode(pipe.ask(wire.decode(question))) for question in prepared.questions or []]
    assert pipe.ask_all(prepared.questions or []) == alone
    assert len(set(alone)) > 30, "the random numbers are the question's own"


def test_a_process_that_takes_long_is_asked_one_by_one(check: Checking, pipe: PipeChannel) -> None:
    double = check(DOUBLE)
    pipe.run("import time\ndef f(x):\n    time.sleep(0.2)\n    return 2 * x")
    assert double.judged(pipe).outcome is Outcome.PASSED
    pipe.begin_check()
    (prepared,) = double.memory.values()
    assert 0 < len(pipe.ask_all(prepared.questions or [])) < 40


def test_a_process_that_does_not_end_is_slow_and_lives_on(check: Checking, pipe: PipeChannel) -> None:
    pipe.run("def f(x):\n    while x == x: pass")
    assert check(DOUBLE).judged(pipe).outcome is Outcome.TOO_SLOW
    pipe.run("def f(x): return 2 * x")
    assert check(DOUBLE).judged(pipe).outcome is Outcome.PASSED


@pytest.mark.parametrize("f", ["import os\ndef f(x): os._exit(0)", "def f(x): raise KeyboardInterrupt"])
def test_a_process_that_ends_or_raises(check: Checking, pipe: PipeChannel, f: str) -> None:
    pipe.run(f)
    assert check(DOUBLE).judged(pipe).outcome in (Outcome.CRASHED, Outcome.RAISED)
