"""Group the answers of a class: by diagnosis, by equal failure, by equal text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from grader.cli.class_report.model import Alike, CheckSummary, Example, FailedCheck, Mistake, SameText, Unwritten
from grader.cli.class_report.records import Answer, Check, Task

MAX_SAME_TEXT = 3  # students with the same failing answer; more have probably copied it from the same page


def check_summaries(answers: Iterable[Answer], tasks: Mapping[str, Task]) -> tuple[CheckSummary, ...]:
    """Every check, the one with the smallest share of passed answers first."""
    of_check: dict[tuple[str, str], list[Check]] = defaultdict(list)
    for answer in answers:
        for check in answer.checks:
            of_check[answer.cell, check.check].append(check)
    found = [_summary(tasks[cell], checks) for (cell, _), checks in of_check.items()]
    place = {cell: number for number, cell in enumerate(tasks)}
    return tuple(sorted(found, key=lambda one: (one.share, place[one.cell])))


def _summary(task: Task, checks: Sequence[Check]) -> CheckSummary:
    outcomes = Counter(check.outcome.value for check in checks)
    judged = sum(check.judged for check in checks)
    passed = judged - sum(check.failed for check in checks)
    return CheckSummary(
        task.notebook,
        task.cell,
        task.title,
        checks[0].check,
        checks[0].title,
        round(checks[0].points, 4),
        judged,
        passed,
        round(passed / judged, 4) if judged else 1.0,
        dict(sorted(outcomes.items())),
    )


def mistakes(answers: Iterable[Answer], tasks: Mapping[str, Task]) -> tuple[Mistake, ...]:
    """Failing answers with a diagnosis, the most frequent mistake first."""
    named = (answer for answer in answers if answer.failed and answer.diagnosis)
    return tuple(
        Mistake(*_place(group, tasks), *(group[0].diagnosis or ("", "", "")), *_members(group), _example(group))
        for group in _groups(named, lambda answer: (answer.cell, answer.mistake), tasks)
    )


def alike(answers: Iterable[Answer], tasks: Mapping[str, Task]) -> tuple[Alike, ...]:
    """Failing answers without a diagnosis, by what they fail and how; the largest group first."""
    unnamed = (answer for answer in answers if answer.failed and not answer.diagnosis and not answer.unwritten)
    return tuple(
        Alike(
            *_place(group, tasks),
            group[0].cause,
            tuple(FailedCheck(check.check, check.title, check.outcome.value) for check in group[0].failed),
            *_members(group),
            _example(group),
        )
        for group in _groups(unnamed, _signature, tasks)
    )


def _signature(answer: Answer) -> Hashable:
    failed = [(check.check, check.outcome, check.evidence) for check in answer.failed]
    return answer.cell, answer.cause or tuple(failed)


def unwritten(answers: Iterable[Answer], tasks: Mapping[str, Task]) -> tuple[Unwritten, ...]:
    """Tasks in which some submissions still have the stub."""
    stubs = _groups((answer for answer in answers if answer.unwritten), lambda answer: answer.cell, tasks)
    return tuple(Unwritten(*_place(group, tasks), *_members(group)) for group in stubs)


def same_text(answers: Iterable[Answer], tasks: Mapping[str, Task]) -> tuple[SameText, ...]:
    """Failing answers that two or three students have in common, but for white space."""
    failing = (answer for answer in answers if answer.failed and answer.digest and not answer.unwritten)
    return tuple(
        SameText(*_place(group, tasks), *_members(group), _example(group))
        for group in _groups(failing, lambda answer: (answer.cell, answer.digest), tasks)
        if 1 < len(group) <= MAX_SAME_TEXT
    )


def _groups(
    answers: Iterable[Answer], key: Callable[[Answer], Hashable], tasks: Mapping[str, Task]
) -> list[list[Answer]]:
    """The largest group first, those of equal size in the order of the tasks."""
    found: dict[Hashable, list[Answer]] = defaultdict(list)
    for answer in answers:
        found[key(answer)].append(answer)
    place = {cell: number for number, cell in enumerate(tasks)}
    return sorted(found.values(), key=lambda group: (-len(group), place[group[0].cell]))


def _place(group: Sequence[Answer], tasks: Mapping[str, Task]) -> tuple[str, str, str]:
    task = tasks[group[0].cell]
    return task.notebook, task.cell, task.title


def _members(group: Sequence[Answer]) -> tuple[int, tuple[str, ...]]:
    return len(group), tuple(answer.student for answer in group)


def _example(group: Sequence[Answer]) -> Example:
    answer = min(group, key=lambda one: (not one.length, one.length, one.student))
    first = answer.failed[0]
    return Example(answer.student, answer.code, first.title, first.outcome.value, first.evidence)
