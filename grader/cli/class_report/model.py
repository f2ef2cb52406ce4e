"""What `report/class.json` contains; docs/report.md explains every field. Plain values only."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1  # another number if a field changes its meaning or goes


@dataclass(frozen=True)
class Student:
    """scores: by cell, None where a person has yet to grade. waiting: number of such cells."""

    student: str
    submitted: bool
    total: float
    maximum: float
    waiting: int
    scores: dict[str, float | None]


@dataclass(frozen=True)
class Bin:
    """Submissions with at least `start` and less than `end` points; the last bin includes its end."""

    start: float
    end: float
    count: int


@dataclass(frozen=True)
class Points:
    """The distribution of the points that are there so far. graded: submissions in which nothing waits for a person."""

    maximum: float
    submitted: int
    not_submitted: int
    graded: int
    waiting: int
    mean: float
    median: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class CheckSummary:
    """One check over all submissions. judged: how many of them; outcomes: how many of each."""

    notebook: str
    cell: str
    task: str
    check: str
    title: str
    points: float
    judged: int
    passed: int
    share: float
    outcomes: dict[str, int]


@dataclass(frozen=True)
class Example:
    """The shortest answer of a group, cut after 2,000 characters, and the first check that it failed."""

    student: str
    code: str
    title: str
    outcome: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """Answers to one task with the same diagnosis. text: the mistake in a sentence, to say in class."""

    notebook: str
    cell: str
    task: str
    name: str
    text: str
    read: str
    count: int
    students: tuple[str, ...]
    example: Example


@dataclass(frozen=True)
class FailedCheck:
    """A check that a group of answers failed, all of them with this outcome."""

    check: str
    title: str
    outcome: str


@dataclass(frozen=True)
class Alike:
    """Answers without a diagnosis that fail the same checks with the same outcomes and evidence, or never ran."""

    notebook: str
    cell: str
    task: str
    cause: str
    failed: tuple[FailedCheck, ...]
    count: int
    students: tuple[str, ...]
    example: Example


@dataclass(frozen=True)
class Unwritten:
    """Submissions in which a task is still the stub."""

    notebook: str
    cell: str
    task: str
    count: int
    students: tuple[str, ...]


@dataclass(frozen=True)
class SameText:
    """Failing answers of two or three students that differ in white space at most."""

    notebook: str
    cell: str
    task: str
    count: int
    students: tuple[str, ...]
    example: Example


@dataclass(frozen=True)
class Waiting:
    """A cell that a person has yet to grade."""

    notebook: str
    cell: str
    task: str
    count: int
    students: tuple[str, ...]


@dataclass(frozen=True)
class Remark:
    """What a person should look at in a student's submission."""

    student: str
    text: str


@dataclass(frozen=True)
class Timing:
    """How long the processes of a notebook ran. notebook: student/notebook."""

    notebook: str
    seconds: float


@dataclass(frozen=True)
class Run:
    """The last `make grade`. not_graded: submissions without a grade, and why. slowest: of what it graded."""

    walls: str = ""
    data: str = ""
    slowest: tuple[Timing, ...] = ()
    not_graded: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Changed:
    """A student with other points than before; cells: those with another score."""

    student: str
    before: float
    after: float
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """Since an earlier report. since: when that was written, "" for the first report."""

    since: str = ""
    new: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A class's results for one assignment. written: time of this report, ISO 8601."""

    version: int
    assignment: str
    language: str
    written: str
    points: Points
    checks: tuple[CheckSummary, ...]
    mistakes: tuple[Mistake, ...]
    alike: tuple[Alike, ...]
    unwritten: tuple[Unwritten, ...]
    same_text: tuple[SameText, ...]
    waiting: tuple[Waiting, ...]
    remarks: tuple[Remark, ...]
    run: Run
    changes: Changes
    students: tuple[Student, ...]
