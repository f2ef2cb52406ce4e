"""Checks at class scale: examples are drawn once in a process, and all questions of a check go out in one message.

While a student is right, hypothesis draws what it drew for everyone before, and the check asks the same questions: so
the check's own body can judge the answers to those. Whatever is not right, or not the same, is left to the plain way,
where hypothesis searches and shrinks. Must not know what is asked, nor decide anything but that a check passes.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hypothesis.errors import FlakyFailure

from grader import wire
from grader.errors import ReplayMismatch, StudentGone, WireError
from grader.student.proxy import Channel, Student

MOST_BYTES = 8 << 20  # of one check's questions, which take 60 kB; more would be asked one by one
MOST_PASSED = 1000  # answers of one check that are remembered; 100 bytes each
MOST_HEADERS = wire.MAX_HEADER  # bytes of all answers to one check: 80 honest ones take 16 kB; as objects 30 times that


class BatchChannel(Channel, Protocol):
    """A channel that gives each check its own time, and takes many questions at once."""

    def begin_check(self) -> None:
        """A new check begins."""

    def ask_all(self, questions: list[bytes]) -> list[bytes]:
        """Encoded answers to encoded questions: to all, or to the first ones only. Raises StudentGone or TooSlow."""


@dataclass
class Prepared:
    """What is known of one check.

    examples: what an answer that passes gets to see, as arguments of the check. questions: what the check asks about
    them, encoded, in order; None until somebody has passed. passed: digests of answers that have passed.
    """

    examples: list[dict[str, Any]]
    questions: list[bytes] | None = None
    passed: set[bytes] = field(default_factory=set)


Memory = dict[Any, Prepared]  # by check


def run(check: Any, fixtures: Mapping[str, Any], channel: BatchChannel, memory: Memory) -> None:
    """Run a check that draws its examples; returns if it passes and raises what it raises.

    check: decorated by `hypothesis.given`. fixtures: its other arguments. channel: where a Student among them asks.
    """
    first = None
    if all(isinstance(value, Student) for value in fixtures.values()):
        if check not in memory:
            memory[check] = Prepared(_drawn(check, fixtures))
        try:
            return _ahead(check, fixtures, channel, memory[check])
        except ReplayMismatch:
            pass
        except Exception as error:
            first = error
    check(**fixtures)
    if first:  # hypothesis raises the same where it meets this itself
        raise FlakyFailure("another answer than the first time", [first])


def _drawn(check: Any, fixtures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The examples of a check that nothing fails."""
    examples: list[dict[str, Any]] = []
    body = check.hypothesis.inner_test

    @functools.wraps(body)  # hypothesis takes its seed from the source
    def remember(**arguments: Any) -> None:
        examples.append({name: value for name, value in arguments.items() if name not in fixtures})

    check.hypothesis.inner_test = remember
    try:
        check(**fixtures)
    finally:
        check.hypothesis.inner_test = body
    return examples


def _ahead(check: Any, fixtures: Iterable[str], channel: BatchChannel, prepared: Prepared) -> None:
    """The check's body on each example, without hypothesis. Raises ReplayMismatch and whatever the body raises."""
    known = prepared.questions
    if known is None:
        asking = _Asking(channel)
        _body(check, fixtures, prepared.examples, asking)
        asked = asking.asked()
        if sum(map(len, asked)) <= MOST_BYTES:
            prepared.questions = asked
        return
    unique = list(dict.fromkeys(known))  # a third of a check's questions are the same again
    answers = channel.ask_all(unique)
    if len(answers) > len(unique):
        raise ReplayMismatch
    digest = hashlib.sha256(b"".join(hashlib.sha256(answer).digest() for answer in answers)).digest()
    if digest not in prepared.passed:
        replies = dict(zip(unique, _decoded(answers), strict=False))  # there may be none for the last ones
        asking = _Asking(channel, [replies[q] for q in itertools.takewhile(replies.__contains__, known)])
        try:
            _body(check, fixtures, prepared.examples, asking)
        except Exception:
            if asking.asked() != known[: len(asking.questions)]:
                raise ReplayMismatch from None
            raise
        if asking.asked() != known:
            raise ReplayMismatch
    if known and _encoded(channel.ask(wire.decode(known[-1]))) != answers[unique.index(known[-1])]:
        raise ReplayMismatch  # who answers otherwise when asked alone is asked so
    if len(prepared.passed) < MOST_PASSED:
        prepared.passed.add(digest)


def _body(check: Any, fixtures: Iterable[str], examples: list[dict[str, Any]], channel: Channel) -> None:
    students = dict.fromkeys(fixtures, Student(channel))
    for example in examples:
        check.hypothesis.inner_test(**students, **example)


def _decoded(answers: list[bytes]) -> list[Any]:
    """All at once: between the steps of a check decoding takes twice as long, and so does encoding.

    Raises StudentGone for what is no answer, and ReplayMismatch where they are too large to be held together.
    """
    try:
        if sum(wire.header_size(answer[:4]) for answer in answers) > MOST_HEADERS:
            raise ReplayMismatch
        return [wire.decode(answer) for answer in answers]
    except WireError as error:
        raise StudentGone(f"not understood: {error}") from None


def _encoded(message: Any) -> bytes:
    """As in a batch. Raises ReplayMismatch for a student's values that take more bytes now than when they came."""
    try:
        return wire.encode(message)
    except WireError:
        raise ReplayMismatch from None


class _Asking:
    """Notes what is asked. Gives the replies that are known already, in order, or asks where none are."""

    def __init__(self, channel: Channel, replies: list[Any] | None = None) -> None:
        self._replies = None if replies is None else iter(replies)
        self._channel = channel
        self.questions: list[dict[str, Any]] = []

    def ask(self, question: dict[str, Any]) -> Any:
        """See `Channel.ask`. Raises ReplayMismatch."""
        self.questions.append(question)
        if self._replies is None:
            return self._channel.ask(question)
        try:
            return next(self._replies)
        except StopIteration:
            raise ReplayMismatch from None

    def asked(self) -> list[bytes]:
        """The questions, encoded. Raises ReplayMismatch."""
        return [_encoded(question) for question in self.questions]
