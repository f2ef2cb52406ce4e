"""Name the mistake behind a checks cell's failures: the misconception whose answers are those of the student.

An answer has a *signature*: what it gives on every question that the checks have recorded. A failing answer is named if
exactly one misconception of the assignment's catalogue, or else exactly one pair of them, has the same signature and
passes the same checks. Otherwise nothing is said. Signatures are computed when they are first compared, and kept: most
misconceptions differ from an answer at one of the first questions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from grader import wire
from grader.checking.assignment import Material
from grader.checking.misconceptions import Catalogue, Misconception, Names
from grader.errors import StudentError, WireError
from grader.grading.judge import AllAnswered, RunUpTo, Verdicts, judge, one_thread, passes
from grader.grading.recordings import Memory
from grader.grading.replay import Answered, BatchChannel
from grader.grading.signature import NO_DATA, Signature, signature
from grader.grading.verdict import Diagnosis, Outcome, Verdict
from grader.sandbox.runtime.evaluate import evaluate
from grader.sandbox.runtime.questions import Question
from grader.student.proxy import InProcessChannel, Student
from grader.submission.language import gettext

# Outcomes that an answer's behaviour explains; a process that died or a stub has no behaviour to compare.
BEHAVIOUR = {Outcome.PASSED, Outcome.WRONG, Outcome.RAISED}
Mistakes = tuple[Misconception, ...]  # one, or a pair
MAX_HIDDEN = 1 / 8  # of the questions in float64: on so many, rounding may hide a detour over float32
MAX_APART = 40  # questions on which each mistake of a pair is looked at alone
NAMING_SECONDS = 2.0  # of CPU time for what is asked only to name the mistake; five times as much on the wall clock
MAX_MORE = 60  # questions that are asked again, alone, after one that raised had ended its batch; 1 ms each


def judge_and_diagnose(
    modules: Mapping[str, Path],
    run_up_to: RunUpTo,
    material: Material,
    memory: Memory | None,
    source: str,
    catalogues: Mapping[str, Catalogue],
) -> tuple[Verdicts, dict[str, Diagnosis]]:
    """`judge.judge`, and the named mistakes by checks cell; none without a `memory`. Raises KeyboardInterrupt."""
    answered: AllAnswered = {}
    channels: dict[str, BatchChannel] = {}

    def remember(cell: str) -> BatchChannel:
        channels[cell] = run_up_to(cell)
        return channels[cell]

    right = {cell: InProcessChannel(catalogue.names_with()) for cell, catalogue in catalogues.items()}
    verdicts = judge(modules, remember, material, memory, source, right, answered)
    diagnoses = {}
    if memory is not None:
        for cell in channels.keys() & catalogues.keys():
            catalogue = catalogues[cell]
            about = answered.get(cell, {}), channels[cell], modules[cell], catalogue
            with one_thread():
                if found := diagnose(verdicts[cell], *about, material, memory):
                    diagnoses[cell] = found
    return verdicts, diagnoses


def diagnose(
    verdicts: Sequence[Verdict],
    answered: Mapping[str, Answered],
    channel: BatchChannel,
    module: Path,
    catalogue: Catalogue,
    material: Material,
    memory: Memory,
) -> Diagnosis | None:
    """The mistake that explains all failures of one checks cell, if exactly one does.

    verdicts: of the cell. answered: the student's answers, by check. channel: where the student's process still
    answers. module: of the cell's checks, which has judged the student with this `memory`.
    """
    failed = [verdict.check for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
    asked = [answered[check] for check in failed if check in answered]
    # Checks that draw no examples may ask for the state of the notebook, which no misconception has.
    compared = [check for check in asked if check.drawn] or asked
    answers = {question: answer for check in compared for question, answer in check.answers.items()}
    too_large = any(check.too_large for check in asked)
    if not answers or too_large or not all(verdict.outcome in BEHAVIOUR for verdict in verdicts):
        return None
    student = _Student(answers, channel, _mistaken(catalogue, ()))
    passed = tuple(verdict.outcome is Outcome.PASSED for verdict in verdicts)

    def explaining(mistakes: Mistakes) -> bool:
        """Whether that holds for one set of right names."""
        for index, (mistaken, right) in enumerate(zip(_mistaken(catalogue, mistakes), student.right, strict=True)):
            if not possible(mistakes, index) or not student.is_like(mistaken, right):
                continue
            if not student.is_complete:
                student.ask_rest()
            if student.is_like(mistaken, right) and mistaken.passes(module, material, memory) == passed:
                return True
        return False

    @cache
    def differs_without(mistake: Misconception, index: int, name: str) -> bool:
        """Whether the mistake alone gives another answer somewhere where `name` plays no part."""
        return student.differs_without(_mistaken(catalogue, (mistake,))[index], student.right[index], name)

    def possible(mistakes: Mistakes, index: int) -> bool:
        """Whether each of two mistakes agrees with the student wherever the other's name plays no part."""
        pairs = [(one, other) for one, other in itertools.permutations(mistakes, 2) if one.replaces != other.replaces]
        return not any(differs_without(one, index, other.replaces) for one, other in pairs)

    singles: list[Mistakes] = [(entry,) for entry in catalogue.entries]
    found = [mistakes for mistakes in singles if explaining(mistakes)]
    found = found or [mistakes for mistakes in _pairs(catalogue) if explaining(mistakes)]
    if found and catalogue.further:
        student.ask([ask(Student(channel)).encode() for ask in catalogue.further])
        found = [mistakes for mistakes in found if explaining(mistakes)]
    if len(found) > 1:  # where everything raises, the messages may tell them apart
        found = [mistakes for mistakes in found if student.says(_mistaken(catalogue, mistakes))]
    if len(found) != 1:
        return None
    (mistakes,) = found
    names, texts = (entry.name for entry in mistakes), (gettext(entry.text) for entry in mistakes)
    return Diagnosis(" + ".join(names), " ".join(texts), mistakes[0].read)


def _pairs(catalogue: Catalogue) -> Iterator[Mistakes]:
    """Two mistakes in different names, or one that combines around another; the outer one comes second."""
    for first, second in itertools.permutations(catalogue.entries, 2):
        ordered = catalogue.entries.index(first) < catalogue.entries.index(second)
        if first.replaces != second.replaces:
            if ordered:
                yield first, second
        elif second.combines and (not first.combines or ordered):
            yield first, second


@dataclass
class _Student:
    """What a student has answered: encoded questions → encoded answers, "" where the batch had ended.

    right: the catalogue's right names, by which the accuracy of an answer is judged.
    """

    answers: dict[bytes, bytes]
    channel: BatchChannel
    right: tuple[_Mistaken, ...]
    signatures: dict[bytes, Signature | None] = field(default_factory=dict)
    is_complete: bool = False

    def __post_init__(self) -> None:
        self.is_complete = all(self.answers.values())

    def is_like(self, mistaken: _Mistaken, right: _Mistaken) -> bool:
        """Whether the answers that are known have the signature of these mistakes, and nearly always their accuracy."""
        known = [question for question in _telling(self.answers) if self.answers[question]]
        if not all(self._is_close(question, mistaken) for question in known):  # up to the first other
            return False
        precise = [question for question in known if (own := self.signatures[question]) and own.has_float64()]
        return sum(self._differs_in_accuracy(q, mistaken, right) for q in precise) <= len(precise) * MAX_HIDDEN

    def differs_without(self, mistaken: _Mistaken, right: _Mistaken, name: str) -> bool:
        """Whether one of some answers, computed without looking up `name`, is not that of these mistakes."""
        known = [question for question in _telling(self.answers) if self.answers[question]]
        few = known[:: -(-len(known) // MAX_APART)]
        without = (q for q in few if right.signature(q) and name not in right.noted[q])
        return any(not self._is_close(q, mistaken) and name not in mistaken.noted[q] for q in without)

    def says(self, candidates: tuple[_Mistaken, ...]) -> bool:
        """Whether the exceptions have the messages of these mistakes, with one set of right names."""
        known = [(question, own) for question, own in self.signatures.items() if own is not None and own.raised]
        return any(all(own.message == c.signature(question).message for question, own in known) for c in candidates)

    def ask_rest(self) -> None:
        """Ask what the batches have left unanswered; MAX_MORE of it, evenly chosen."""
        rest = [question for question, answer in self.answers.items() if not answer]
        self.is_complete = True
        self.ask(rest[:: -(-len(rest) // MAX_MORE)])

    def ask(self, questions: Sequence[bytes]) -> None:
        """Ask these, one by one."""
        try:
            self.channel.begin_check(NAMING_SECONDS)
            for question in questions:
                self.answers[question] = wire.encode(self.channel.ask(Question.decode(question)))
        except (StudentError, WireError):
            self.answers[question] = b"\0"  # like no other answer

    def _is_close(self, question: bytes, mistaken: _Mistaken) -> bool:
        if question not in self.signatures:
            self.signatures[question] = self._signature(question)
        own = self.signatures[question]
        if own is not None and own.raised == NO_DATA:  # with fake tensors: it proves nothing
            return True
        return own is not None and own.is_close(mistaken.signature(question))

    def _differs_in_accuracy(self, question: bytes, mistaken: _Mistaken, right: _Mistaken) -> bool:
        own, other, exact = self.signatures[question], mistaken.signature(question), right.signature(question)
        return own is None or own.accuracy(exact) != other.accuracy(exact)

    def _signature(self, question: bytes) -> Signature | None:
        try:
            return signature(Question.decode(question), wire.decode(self.answers[question]))
        except WireError:
            return None


def _telling(questions: Iterable[bytes]) -> list[bytes]:
    """The questions, those first that tell most mistakes apart: of middle size, since the first ones are of zeros."""
    ordered = sorted(questions, key=len)
    half = len(ordered) // 2
    return ordered[half:] + ordered[:half]


@dataclass
class _Mistaken:
    """The right names of a catalogue with some mistakes made: answers questions, and checks."""

    names: Names
    made: str  # names of the mistakes, and the number of the set of right names
    signatures: dict[bytes, Signature] = field(default_factory=dict)
    noted: dict[bytes, frozenset[str]] = field(default_factory=dict)  # the names that an answer depends on
    passed: dict[Path, tuple[bool, ...]] = field(default_factory=dict)

    def signature(self, question: bytes) -> Signature:
        """Of its answer."""
        if question not in self.signatures:
            asked = Question.decode(question)
            self.names.noted.clear()
            self.signatures[question] = signature(asked, evaluate(self.names, asked).to_wire())
            self.noted[question] = frozenset(self.names.noted)
        return self.signatures[question]

    def passes(self, module: Path, material: Material, memory: Memory) -> tuple[bool, ...]:
        """See `judge.passes`; in the first process, a tenth of a second."""
        if module not in self.passed:
            channel = InProcessChannel(self.names)
            compute = partial(passes, module, channel, material, memory)
            self.passed[module] = memory.passes(module, material, self.made, compute)
        return self.passed[module]


@cache
def _mistaken(catalogue: Catalogue, mistakes: Mistakes) -> tuple[_Mistaken, ...]:
    """One for each set of right names, kept in the process: what they compute depends on nothing else."""
    made = "+".join(mistake.name for mistake in mistakes)
    sets = enumerate((catalogue.right, *catalogue.also_right))
    return tuple(_Mistaken(catalogue.names_with(*mistakes, right=right), f"{made} {index}") for index, right in sets)
