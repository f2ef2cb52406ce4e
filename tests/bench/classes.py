"""Measure `make grade` on whole classes: right answers, a mixture of the bank's, the next run, and nothing changed.

    python -m tests.bench.classes [SUBMISSIONS …]

By default 12, 40 and 200 submissions. Prints wall-clock and CPU seconds, and how long it takes to the first result.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console

from grader.nbgrader_plugin.course import PROJECT, Course
from tests.bench.courses import OBSERVATIONS
from tests.bench.meters import Command, run
from tests.bench.report import Table
from tests.helpers.bank import bank
from tests.helpers.course_fixture import RIGHT, hand_in, make_course

SIZES = (12, 40, 200)  # submissions of the classes of right ones
MIXED = 40  # submissions of the mixed class
# What of a course the next run of its instructor keeps: the grader's own files, and nothing of a submission.
OF_SUBMISSIONS = ("autograded", "feedback", "report", "gradebook.db", "build/results", "build/done", "build/graded")


class Watch:
    """Notes when a run has written its first new result. first: seconds from the run's start; 0 without a result."""

    def __init__(self, course: Course) -> None:
        self._folder = course.root / "build" / "results"
        self._earlier = self._results()
        self.first = 0.0

    def __call__(self, process: psutil.Process) -> None:
        """Called every 0.1 s."""
        if not self.first and self._results() > self._earlier:
            self.first = time.time() - process.create_time()

    def _results(self) -> int:
        return sum(1 for _ in self._folder.glob("*/*.json"))


@dataclass(frozen=True)
class Graded:
    """What was graded. wall, cpu: seconds of the whole run. first: see `Watch`."""

    what: str
    wall: float
    cpu: float
    first: float

    @property
    def row(self) -> tuple[str, ...]:
        """Of the table."""
        return self.what, *(f"{seconds:.1f}" if seconds else "" for seconds in (self.wall, self.cpu, self.first))


def grade(what: str, course: Course) -> Graded:
    """Run `make grade`. Raises CommandFailed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST"))}
    arguments = sys.executable, "-m", "grader", "grade", "--course", str(course.root)
    watch = Watch(course)
    cost = run(Command(arguments, PROJECT, environment), watch=watch)
    return Graded(what, cost.wall, cost.cpu, watch.first)


def right_class(course: Course, submissions: int) -> None:
    """Right answers of the bank, in many styles."""
    styles = {cell: [answer.name for answer in bank() if answer.folder == cell and answer.right] for cell in RIGHT}
    for number in range(submissions):
        answers = {cell: names[number % len(names)] for cell, names in styles.items()}
        hand_in(course, f"student{number:03d}", answers, texts=OBSERVATIONS)


def mixed_class(course: Course, submissions: int) -> None:
    """For each cell any answer of the bank, so in its proportions of right and wrong ones; the same in every run."""
    draw = random.Random(0)
    names = {cell: [answer.name for answer in bank() if answer.folder == cell] for cell in RIGHT}
    for number in range(submissions):
        hand_in(course, f"student{number:03d}", {cell: draw.choice(names[cell]) for cell in names}, texts=OBSERVATIONS)


def forget_submissions(course: Course) -> None:
    """Remove what earlier runs have made of submissions."""
    for name in OF_SUBMISSIONS:
        path = course.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def measured(place: Path, sizes: Sequence[int]) -> Iterator[Graded]:
    """Grade classes of these sizes, and a mixed one, in new courses below `place`."""
    for size in sizes:
        course = make_course(place / f"right{size}")
        right_class(course, size)
        yield grade(f"{size} right ones, first run", course)
        if size == sizes[0]:
            forget_submissions(course)
            yield grade(f"{size} right ones, next run of the course", course)
        yield grade(f"{size}, nothing changed", course)
    course = make_course(place / "mixed")
    mixed_class(course, MIXED)
    yield grade(f"{MIXED} in the bank's proportions, first run", course)


def table(classes: Iterable[Graded]) -> Table:
    """The table of docs/performance.md."""
    columns = "class of three notebooks", "wall s", "CPU s", "first result s"
    return Table("`make grade`", columns, tuple(graded.row for graded in classes))


def main(sizes: Sequence[int]) -> None:
    """Print a row as soon as it is measured, then all of them as a table."""
    console = Console(width=120)
    rows = []
    with tempfile.TemporaryDirectory(prefix="classes-") as folder:
        for graded in measured(Path(folder), sizes):
            console.print(*graded.row)
            rows.append(graded)
    console.print(table(rows).shown())


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
