"""Run a property-based check for a whole class: draw its examples once and ask all its questions in one batch.

Hypothesis draws the examples, which are the same for every student, once per process, and the first run notes the
check's questions. For later students the questions are sent together, and the body of the check runs on their answers
without hypothesis. If a question is not as recorded, an answer is missing or the check fails, hypothesis runs the check
as usual and shrinks the failure. Knows nothing of what is asked, and decides nothing but that a check passes.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hypothesis.errors import FlakyFailure

from grader import wire
from grader.errors import ReplayMismatch, StudentGone, WireError
from grader.grading.recordings import Check, Memory, Recording
from grader.sandbox.runtime.questions import Question
from grader.student.proxy import Channel, Student

MAX_QUESTION_BYTES = (
    8 << 20
)  # all questions of one check, which take up to 0.8 MB; with more, the check is never replayed
MAX_KEPT_BYTES = 4 << 20  # answers to one check that are kept until its notebook is judged; honest ones take 0.4 MB
MAX_PASSED = 1000  # digests kept for one check; 100 bytes each
# Bytes of the headers of all answers to one check: 80 honest ones take 16 kB. Decoded, a header takes 30 times as much.
MAX_HEADER_BYTES = wire.MAX_HEADER


class BatchChannel(Channel, Protocol):
    """A channel with a time limit per check that also takes questions in batches."""

    def begin_check(self, seconds: float | None = None) -> None:
        """Start the time of a new check. seconds: of CPU time, instead of a check's."""

    def ask_batch(self, questions: Sequence[bytes]) -> list[bytes]:
        """Encoded answers to encoded questions, in order: to all, or to the first ones only.

        Raises StudentGone or TooSlow.
        """


@dataclass
class Answered:
    """A student's answers to one check: encoded question → encoded answer, b"" where the batch had ended.

    drawn: whether the check draws examples. too_large: whether they were too large to be kept.
    """

    drawn: bool
    too_large: bool = False
    answers: dict[bytes, bytes] = field(default_factory=dict)


def run(
    check: Check,
    fixtures: Mapping[str, object],
    channel: BatchChannel,
    memory: Memory,
    right: Channel | None = None,
    answered: Answered | None = None,
) -> None:
    """Run a check; returns if it passes, raises what it raises.

    fixtures: its arguments that are not drawn. channel: where each Student among them asks. memory: of all checks so
    far, filled here. right: gives right answers, so that the questions are known before a student has passed.
    answered: gets the student's answers to the recorded questions.
    """
    first_failure: Exception | None = None
    if all(isinstance(value, Student) for value in fixtures.values()):
        recording = _recording_of(check, fixtures, memory)
        try:
            if recording.questions is None and right is not None:
                with contextlib.suppress(Exception):  # a wrong catalogue must not count against the student
                    _record(check, fixtures, right, recording)
                    memory.keep(check)  # these questions depend on no student
            if recording.questions is None:
                return _record(check, fixtures, channel, recording)
            return _replay(check, fixtures, channel, recording, recording.questions, answered)
        except ReplayMismatch:
            pass
        except Exception as error:
            first_failure = error
    check(**fixtures)
    if first_failure:  # hypothesis raises the same where the first failure is its own
        raise FlakyFailure("another answer than the first time", [first_failure])


def run_once(check: Check, fixtures: Mapping[str, object], memory: Memory) -> None:
    """Run the check's body on its examples and on no others: whether it passes, not its simplest failure.

    Raises what the body raises.
    """
    for example in _recording_of(check, fixtures, memory).examples:
        check.hypothesis.inner_test(**fixtures, **example)


def _recording_of(check: Check, fixtures: Mapping[str, object], memory: Memory) -> Recording:
    recording = memory.find(check)
    if recording is None:
        recording = memory[check] = Recording(_draw_examples(check, fixtures))
    return recording


def _draw_examples(check: Check, fixtures: Mapping[str, object]) -> list[dict[str, Any]]:
    """The examples that hypothesis draws while a check does not fail."""
    examples: list[dict[str, Any]] = []
    body = check.hypothesis.inner_test

    @functools.wraps(body)  # hypothesis derives its seed from the source of the check
    def remember(**arguments: Any) -> None:
        examples.append({name: value for name, value in arguments.items() if name not in fixtures})

    check.hypothesis.inner_test = remember
    try:
        check(**fixtures)
    finally:
        check.hypothesis.inner_test = body
    return examples


def _record(check: Check, fixtures: Iterable[str], channel: Channel, recording: Recording) -> None:
    """Run the check's body on each example and note its questions. Raises what the body raises, and ReplayMismatch."""
    recorder = _RecordingChannel(channel)
    _run_body(check, fixtures, recording.examples, recorder)
    questions = recorder.encoded()
    if sum(map(len, questions)) <= MAX_QUESTION_BYTES:
        recording.questions, recording.asked = questions, recorder.questions


def _replay(
    check: Check,
    fixtures: Iterable[str],
    channel: BatchChannel,
    recording: Recording,
    questions: list[bytes],
    answered: Answered | None,
) -> None:
    """Ask the recorded questions in one batch and run the check's body on the answers.

    Returns if the check passes. Raises ReplayMismatch if a question or answer is missing or differs; otherwise what the
    body raises.
    """
    unique = list(dict.fromkeys(questions))  # a third of a check's questions are repeated
    answers = channel.ask_batch(unique)
    if len(answers) > len(unique):
        raise ReplayMismatch
    if answered is not None and sum(map(len, answers)) > MAX_KEPT_BYTES:
        answered.too_large = True
    elif answered is not None:
        answered.answers |= dict.fromkeys(unique, b"") | dict(zip(unique, answers, strict=False))
    digest = hashlib.sha256(b"".join(hashlib.sha256(answer).digest() for answer in answers)).digest()
    if digest not in recording.passed:
        decoded = dict(zip(unique, _decode_all(answers), strict=False))  # the last questions may have no answer
        known = itertools.takewhile(decoded.__contains__, questions)
        player = _RecordingChannel(channel, [decoded[question] for question in known])
        try:
            _run_body(check, fixtures, recording.examples, player)
        except Exception:
            if not player.has_begun_with(recording):
                raise ReplayMismatch from None
            raise
        if len(player.questions) != len(questions) or not player.has_begun_with(recording):
            raise ReplayMismatch
        recording.asked = recording.asked or player.questions
    # One question is asked alone as well: a student's code must not gain from being right only in a batch.
    if questions and _encode(channel.ask(Question.decode(questions[-1]))) != answers[unique.index(questions[-1])]:
        raise ReplayMismatch
    if len(recording.passed) < MAX_PASSED:
        recording.passed.add(digest)


def _run_body(check: Check, fixtures: Iterable[str], examples: list[dict[str, Any]], channel: Channel) -> None:
    """Run the check on each example without hypothesis, with `channel` for every student among its fixtures."""
    students = dict.fromkeys(fixtures, Student(channel))
    for example in examples:
        check.hypothesis.inner_test(**students, **example)


def _decode_all(answers: list[bytes]) -> list[object]:
    """Decode all answers at once, since decoding between the steps of a check takes twice as long.

    Raises StudentGone for bytes that are not a message, ReplayMismatch if the answers are too large to keep together.
    """
    try:
        if sum(wire.header_size(answer[:4]) for answer in answers) > MAX_HEADER_BYTES:
            raise ReplayMismatch
        return [wire.decode(answer) for answer in answers]
    except WireError as error:
        raise StudentGone(f"protocol error: {error}") from None


def _encode(reply: object) -> bytes:
    """Encode a decoded reply again, to compare it with one of a batch.

    Raises ReplayMismatch if it is too large now: the student's process can encode with fewer spaces.
    """
    try:
        return wire.encode(reply)
    except WireError:
        raise ReplayMismatch from None


class NotingChannel:
    """Asks `channel`, and notes the answers to single questions in `answered` while that is not None."""

    def __init__(self, channel: BatchChannel) -> None:
        self._channel = channel
        self.answered: Answered | None = None

    def begin_check(self, seconds: float | None = None) -> None:
        """See `BatchChannel.begin_check`. Notes nothing from here on."""
        self.answered = None
        self._channel.begin_check(seconds)

    def ask(self, question: Question) -> object:
        """See `Channel.ask`."""
        reply = self._channel.ask(question)
        if self.answered is not None:
            with contextlib.suppress(WireError):
                self.answered.answers[question.encode()] = wire.encode(reply)
        return reply

    def ask_batch(self, questions: Sequence[bytes]) -> list[bytes]:
        """See `BatchChannel.ask_batch`."""
        return self._channel.ask_batch(questions)


class _RecordingChannel:
    """Notes the questions that are asked. Plays back `replies` in order if they are given, else asks `channel`."""

    def __init__(self, channel: Channel, replies: Iterable[object] | None = None) -> None:
        self._channel = channel
        self._replies = None if replies is None else iter(replies)
        self.questions: list[Question] = []

    def ask(self, question: Question) -> object:
        """See `Channel.ask`. Raises ReplayMismatch if there are no more replies."""
        self.questions.append(question)
        if self._replies is None:
            return self._channel.ask(question)
        try:
            return next(self._replies)
        except StopIteration:
            raise ReplayMismatch from None

    def has_begun_with(self, recording: Recording) -> bool:
        """Whether the questions so far are the recording's first ones."""
        number = len(self.questions)
        if len(recording.asked) >= number:
            return all(map(Question.is_same, self.questions, recording.asked))
        return self.encoded() == (recording.questions or [])[:number]  # read from a file: compared once, as bytes

    def encoded(self) -> list[bytes]:
        """The questions so far; as in `_decode_all`, all at once. Raises ReplayMismatch if one is too large."""
        try:
            return [question.encode() for question in self.questions]
        except WireError:
            raise ReplayMismatch from None
