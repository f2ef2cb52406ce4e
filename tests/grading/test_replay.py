"""Replayed checks have the verdicts of hypothesis, for honest answers and for forged ones."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis.errors import FlakyFailure

from grader import wire
from grader.errors import StudentGone, TooSlow, Undecided, WireError
from grader.grading.evidence import explain
from grader.grading.judge import AllAnswered, judge
from grader.grading.recordings import Memory, Recording
from grader.grading.replay import MAX_HEADER_BYTES
from grader.grading.verdict import Outcome, Verdict
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.runtime.evaluate import evaluate_batch
from grader.sandbox.runtime.questions import Question, Value
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from grader.student.proxy import InProcessChannel
from tests.helpers.loss_functions import checks_for
from tests.helpers.shared_zygote import fork_server

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
    """Counts the questions asked one by one and in batches; `altered` may change the answers to a batch."""

    def __init__(self, f: Any, altered: Callable[[list[bytes]], list[bytes]] = lambda answers: answers) -> None:
        super().__init__({"f": f})
        self.single, self.batched, self.altered = 0, 0, altered

    def begin_check(self, seconds: float | None = None) -> None: ...

    def ask(self, question: Question) -> Any:
        self.single += 1
        return super().ask(question)

    def ask_batch(self, questions: Sequence[bytes]) -> list[bytes]:
        self.batched += len(questions)
        return self.altered(super().ask_batch(questions))


class Check:
    """A module with one check, recorded with a right answer."""

    def __init__(self, folder: Path, body: str) -> None:
        self.module = folder / f"recorded_{next(NUMBERS)}.py"  # pytest caches modules by name
        self.module.write_text(HEAD + body)
        self.memory = Memory()
        self.first = Channel(right)
        assert self.judged(self.first).outcome is Outcome.PASSED

    @property
    def recording(self) -> Recording:
        (recording,) = self.memory.values()
        return recording

    @property
    def questions(self) -> list[bytes]:
        assert self.recording.questions is not None
        return self.recording.questions

    def judged(self, channel: Any, *, by_hypothesis: bool = False) -> Verdict:
        memory = None if by_hypothesis else self.memory
        (verdict,) = judge({"cell": self.module}, lambda _: channel, memory=memory)["cell"]
        return verdict

    def both(self, f: Callable[[], Any]) -> tuple[Verdict, Verdict]:
        """The verdicts by hypothesis and by replay, each on a new answer that `f` makes."""
        return self.judged(Channel(f()), by_hypothesis=True), self.judged(Channel(f()))


Checking = Callable[[str], Check]


@pytest.fixture
def check(tmp_path: Path) -> Checking:
    return lambda body=DOUBLE: Check(tmp_path, body)


def test_hypothesis_asks_the_same_questions(check: Checking) -> None:
    double, by_hypothesis = check(DOUBLE), Channel(right)
    double.judged(by_hypothesis, by_hypothesis=True)
    assert double.first.single == by_hypothesis.single == len(double.questions)


def test_a_right_answer_is_asked_in_one_batch(check: Checking) -> None:
    double = check(DOUBLE)
    for f in (right, right, lambda x: x + x):
        channel = Channel(f)
        assert double.judged(channel).outcome is Outcome.PASSED
        assert (channel.batched, channel.single) == (double.first.single, 1)


def test_only_answers_that_passed_before_are_not_judged_again(check: Checking) -> None:
    double = check(DOUBLE)
    for _ in range(2):
        assert double.judged(Channel(right)).outcome is Outcome.PASSED
    assert len(double.recording.passed) == 1
    assert double.judged(Channel(lambda x: 2 * x + 1 * (x == 7))).outcome is Outcome.PASSED, "7 is never drawn"
    assert double.judged(Channel(lambda x: 2 * x + 1 * (x > 999))).outcome is Outcome.PASSED
    largest = max(number_in(question) for question in double.questions)
    assert double.judged(Channel(lambda x: 2 * x + 1 * (x >= largest))).outcome is Outcome.WRONG


def number_in(question: bytes) -> float:
    (number,) = (float(node.value) for node in Question.decode(question).nodes if isinstance(node, Value))
    return number


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
def test_a_wrong_answer_has_the_verdict_of_hypothesis(check: Checking, f: Any) -> None:
    by_hypothesis, by_replay = check(DOUBLE).both(lambda: f)
    assert by_hypothesis == by_replay
    assert by_replay.outcome is not Outcome.PASSED


@pytest.mark.parametrize("times", [0, 1, 20, 39, 40, 41, 60, 79])
def test_an_answer_that_is_right_only_the_first_times_gains_nothing(check: Checking, times: int) -> None:
    def made() -> Any:
        calls = itertools.count()
        return lambda x: 2 * x if next(calls) < times else x

    by_hypothesis, by_replay = check(DOUBLE).both(made)
    assert by_hypothesis.outcome in (Outcome.PASSED, Outcome.WRONG)
    assert by_replay.outcome is by_hypothesis.outcome or by_replay.outcome is Outcome.WRONG


@pytest.mark.parametrize("wrong", [0, 1, 7, 39])
def test_an_answer_that_is_wrong_only_once_is_wrong(check: Checking, wrong: int) -> None:
    """With a second chance, random answers would earn points."""

    def made() -> Any:
        calls = itertools.count()
        return lambda x: 2 * x + (next(calls) == wrong)

    by_hypothesis, by_replay = check(DOUBLE).both(made)
    assert by_hypothesis.outcome is by_replay.outcome is Outcome.WRONG
    assert by_hypothesis.evidence == by_replay.evidence


def right_in_a_batch(x: torch.Tensor) -> torch.Tensor:
    """Right in a batch, wrong one by one."""
    frame: Any = sys._getframe()
    while frame and frame.f_code is not evaluate_batch.__code__:
        frame = frame.f_back
    return 2 * x if frame else x


def test_an_answer_that_is_right_only_in_a_batch_gains_nothing(check: Checking) -> None:
    channel = Channel(right_in_a_batch)
    assert check(DOUBLE).judged(channel).outcome is Outcome.WRONG
    assert channel.batched


def test_nor_does_it_with_its_single_answer_added_to_the_batch(check: Checking) -> None:
    double = check(DOUBLE)
    single = wire.encode(Channel(right_in_a_batch).ask(Question.decode(double.questions[-1])))
    channel = Channel(right_in_a_batch, lambda answers: [*answers, single])
    assert double.judged(channel).outcome is Outcome.WRONG
    assert channel.batched


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
def test_a_batch_with_altered_answers(check: Checking, altered: Any, outcome: str) -> None:
    """Missing answers are asked one by one; wrong ones count, even if the same question is then answered rightly."""
    double = check(DOUBLE)
    assert double.judged(Channel(right, altered)).outcome == outcome
    assert double.judged(Channel(lambda x: x, altered)).outcome is Outcome.WRONG


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(TooSlow("late"), "too_slow"), (StudentGone("killed"), "crashed"), (Undecided("wall clock"), "undecided")],
)
def test_a_batch_that_is_not_answered(check: Checking, error: Exception, outcome: str) -> None:
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


def test_a_check_that_asks_about_an_answer_is_run_by_hypothesis_if_the_answer_differs(check: Checking) -> None:
    twice = check(ASKS_ABOUT_AN_ANSWER)
    same = Channel(right)
    assert twice.judged(same).outcome is Outcome.PASSED
    assert same.single == 1
    other = Channel(lambda x: 2.001 * x)
    assert twice.judged(other).outcome is twice.judged(Channel(lambda x: 2.001 * x), by_hypothesis=True).outcome
    almost = Channel(lambda x: 2 * x + 1e-4 * (x == 0))
    assert twice.judged(almost).outcome is Outcome.PASSED
    assert almost.single > 1


ASKS_THE_SAME_AGAIN = """
@points(1)
@given(n=st.integers(0, 1000))
def test_same(student, n):
    for question in (torch.tensor([-1.0]), torch.tensor([float(n)]), torch.tensor([-1.0])):
        assert_close(student.f(question), 2 * question)
"""


def test_a_repeated_question_is_sent_once_and_its_answer_counts_each_time(check: Checking) -> None:
    same = check(ASKS_THE_SAME_AGAIN)
    channel = Channel(right)
    assert same.judged(channel).outcome is Outcome.PASSED
    assert (channel.batched, channel.single) == (len(set(same.questions)), 1)
    assert channel.batched < len(same.questions) / 2
    for altered in (lambda answers: answers[:1], lambda answers: answers[:2], lambda answers: answers[1:]):
        first = Channel(lambda x: 2 * x + (x < 0), altered)
        assert same.judged(first).outcome is Outcome.WRONG
    for number in range(3):
        calls = itertools.count()
        assert same.judged(Channel(lambda x: 2 * x + (next(calls) == number))).outcome is Outcome.WRONG  # noqa: B023


class Padded(Channel):
    """Replies with additional zeros, three bytes each, in single answers and in those of a batch."""

    def __init__(self, f: Any, single: int, batched: int) -> None:
        super().__init__(f, lambda answers: [wire.encode(padded(wire.decode(one), batched)) for one in answers])
        self.zeros = single

    def ask(self, question: Question) -> Any:
        return padded(super().ask(question), self.zeros)


def padded(reply: Any, zeros: int) -> dict[str, Any]:
    return {**reply, "more": [0] * zeros}


def test_a_reply_that_is_too_large_when_it_is_encoded_again(check: Checking) -> None:
    """A student's process can encode it without spaces, within the limit."""
    double = check(DOUBLE)
    assert double.judged(Padded(right, 400_000, 0)).outcome is Outcome.PASSED
    assert double.judged(Padded(right_in_a_batch, 400_000, 0)).outcome is Outcome.WRONG
    assert explain(WireError("the message is too large"))[0] is Outcome.CRASHED
    assert explain(FlakyFailure("", [WireError("the message is too large")]))[0] is Outcome.CRASHED


@pytest.mark.parametrize(("zeros", "replayed"), [(0, True), (1000, True), (30_000, False)])
def test_answers_with_large_headers_are_not_decoded_together(check: Checking, zeros: int, replayed: bool) -> None:
    double, channel = check(DOUBLE), Padded(right, zeros, zeros)
    assert double.judged(channel).outcome is Outcome.PASSED
    assert (channel.single == 1) == replayed


def test_honest_answers_are_far_below_that_limit() -> None:
    names = {"softmax": torch.nn.Softmax(dim=1)}
    module = checks_for("softmax_checks")
    assert module
    memory = Memory()
    judge({"cell": module}, lambda _: InProcessChannel(names), memory=memory)
    assert memory
    for recording in memory.values():
        answers = InProcessChannel(names).ask_batch(recording.questions or [])
        assert sum(wire.header_size(one[:4]) for one in answers) < MAX_HEADER_BYTES / 5


RECORDS_A_FIGURE = """
from grader.checking.figure import Figure

@points(1)
@given(n=st.integers(0, 1000))
def test_with_a_figure(student, record_property, n):
    record_property("figure", Figure("", "", str(n)))
    assert_close(student.f(torch.tensor([float(n)])), torch.tensor([2.0 * n]))
"""


def test_a_check_with_other_fixtures_is_run_by_hypothesis(check: Checking) -> None:
    records, channel = check(RECORDS_A_FIGURE), Channel(right)
    assert records.judged(channel).figure is not None
    assert channel.batched == 0


def test_an_error_of_the_check_itself_is_the_grader_s_fault(check: Checking) -> None:
    body = DOUBLE + "    if not bool((student.f(question).value() == 2 * question).all()): raise LookupError\n"
    faulty = check(body.replace("2 * question)\n    if", "2 * question, tol=1)\n    if"))
    assert faulty.judged(Channel(lambda x: 2 * x + 1e-3)).outcome is Outcome.GRADER_ERROR
    calls = itertools.count()
    assert faulty.judged(Channel(lambda x: 2 * x + 1e-3 * (next(calls) == 3))).outcome is Outcome.GRADER_ERROR


def test_large_answers_are_not_kept_until_the_notebook_is_judged(check: Checking) -> None:
    checked = check(DOUBLE)
    for f, too_large in ((right, False), (lambda x: torch.zeros(200_000), True)):
        answered: AllAnswered = {}
        judge({"cell": checked.module}, lambda _, f=f: Channel(f), memory=checked.memory, answered=answered)
        (kept,) = answered["cell"].values()
        assert (kept.too_large, bool(kept.answers)) == (too_large, not too_large)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = fork_server()
    yield server
    server.close()


@pytest.fixture
def pipe(server: ForkServer) -> Iterator[PipeChannel]:
    with server.start((), {}) as process:
        yield PipeChannel(process, Limits(answer_seconds=1.0, check_seconds=20.0, patience=60.0))


def test_a_process_gives_the_same_answers_in_a_batch_and_one_by_one(check: Checking, pipe: PipeChannel) -> None:
    double = check(DOUBLE)
    pipe.run(
        "import torch, random, numpy\ndef f(x): return 2 * x + torch.rand(1) + random.random() + numpy.random.rand()"
    )
    pipe.begin_check()
    single = [wire.encode(pipe.ask(Question.decode(question))) for question in double.questions]
    assert pipe.ask_batch(double.questions) == single
    assert len(set(single)) > 30, "each question has random numbers of its own"


def test_a_slow_process_is_asked_one_by_one(check: Checking, pipe: PipeChannel) -> None:
    double = check(DOUBLE)
    pipe.run("import time\ndef f(x):\n    time.sleep(0.2)\n    return 2 * x")
    assert double.judged(pipe).outcome is Outcome.PASSED
    pipe.begin_check()
    assert 0 < len(pipe.ask_batch(double.questions)) < 40


def test_a_check_may_have_less_time(check: Checking, pipe: PipeChannel) -> None:
    busy = "import time\ndef f(x):\n    end = time.process_time() + 0.5\n    while time.process_time() < end: pass"
    question = Question.decode(check(DOUBLE).questions[0])
    pipe.run(busy)
    pipe.begin_check()
    pipe.ask(question)
    pipe.begin_check(0.1)
    with pytest.raises(TooSlow):
        pipe.ask(question)


def test_a_process_in_an_endless_loop_is_too_slow_and_is_not_killed(check: Checking, pipe: PipeChannel) -> None:
    pipe.run("def f(x):\n    while x == x: pass")
    assert check(DOUBLE).judged(pipe).outcome is Outcome.TOO_SLOW
    pipe.run("def f(x): return 2 * x")
    assert check(DOUBLE).judged(pipe).outcome is Outcome.PASSED


@pytest.mark.parametrize("f", ["import os\ndef f(x): os._exit(0)", "def f(x): raise KeyboardInterrupt"])
def test_a_process_that_exits_or_raises(check: Checking, pipe: PipeChannel, f: str) -> None:
    pipe.run(f)
    assert check(DOUBLE).judged(pipe).outcome in (Outcome.CRASHED, Outcome.RAISED)
