"""Gather a class's results from graded notebooks and grades: what the report says, without how it looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from statistics import mean, median

from grader.cli.class_report import groups
from grader.cli.class_report.history import Earlier, changes_since
from grader.cli.class_report.model import VERSION, Bin, Points, Remark, Report, Run, Student, Waiting
from grader.cli.class_report.records import Answer, Task, shown
from grader.nbgrader_plugin.gradebook import Row
from grader.submission.files import printable

MAX_BINS = 13
WIDTHS = 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000  # of a bin, in points


def gather(
    assignment: str,
    language: str,
    table: Sequence[Row],
    answers: Sequence[Answer],
    tasks: Mapping[str, Task],
    remarks: Iterable[Remark],
    run: Run,
    earlier: Earlier | None,
    now: datetime,
) -> Report:
    """Summarise a class. answers: of the students who have submitted. remarks: besides those of the table."""
    present = [row for row in table if row.submitted and not row.removed]
    told = [Remark(printable(row.student), shown(text)) for row in table for text in row.remarks]
    students = tuple(_student(row) for row in table)
    in_table = {cell: Task("", cell, cell) for row in table for cell in row.scores}
    tasks = {**{cell: tasks.get(cell, task) for cell, task in in_table.items()}, **tasks}
    answers = [answer for answer in answers if answer.cell in tasks]
    return Report(
        version=VERSION,
        assignment=assignment,
        language=language,
        written=now.isoformat(timespec="minutes"),
        points=_points(present, sum(not row.submitted for row in table)),
        checks=groups.check_summaries(answers, tasks),
        mistakes=groups.mistakes(answers, tasks),
        alike=groups.alike(answers, tasks),
        unwritten=groups.unwritten(answers, tasks),
        same_text=groups.same_text(answers, tasks),
        waiting=_waiting(present, tasks),
        remarks=(*told, *remarks),
        run=run,
        changes=changes_since(earlier, students),
        students=students,
    )


def _student(row: Row) -> Student:
    present = row.submitted and not row.removed
    return Student(printable(row.student), present, row.total, row.maximum, row.ungraded if present else 0, row.scores)


def _points(present: Sequence[Row], not_submitted: int) -> Points:
    totals = [row.total for row in present]
    maximum = max((row.maximum for row in present), default=0.0)
    waiting = sum(row.ungraded > 0 for row in present)
    return Points(
        maximum=maximum,
        submitted=len(present),
        not_submitted=not_submitted,
        graded=len(present) - waiting,
        waiting=waiting,
        mean=round(mean(totals), 2) if totals else 0.0,
        median=round(median(totals), 2) if totals else 0.0,
        bins=_bins(totals, maximum),
    )


def _bins(totals: Sequence[float], maximum: float) -> tuple[Bin, ...]:
    """Bins of one width from 0 to the highest possible total; extra credit counts in the last."""
    if not maximum > 0:
        return ()
    width = next((width for width in WIDTHS if maximum / width <= MAX_BINS), maximum / MAX_BINS)
    counts = [0] * ceil(maximum / width)
    for total in totals:
        counts[max(0, min(int(total / width), len(counts) - 1))] += 1
    return tuple(Bin(i * width, min((i + 1) * width, maximum), count) for i, count in enumerate(counts))


def _waiting(present: Sequence[Row], tasks: Mapping[str, Task]) -> tuple[Waiting, ...]:
    found = []
    for cell, task in tasks.items():
        students = tuple(printable(row.student) for row in present if row.scores.get(cell, 0.0) is None)
        if students:
            found.append(Waiting(task.notebook, cell, task.title, len(students), students))
    return tuple(found)
