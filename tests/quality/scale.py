"""Measure time and memory of large classes: 200 submissions graded, 10,000 with cached results; for docs/cluster.md.

Run `python -m tests.quality.scale`. The class of 200 is graded, repeated, and repeated after one change.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from grader.batch.runner import ClassRun
from grader.nbgrader_plugin import converter, extra_files, jobs
from grader.nbgrader_plugin.converter import Autograde
from grader.nbgrader_plugin.course import PROJECT, Course
from grader.nbgrader_plugin.preprocessors import Execute, ReplaceWithRelease
from tests.bench.courses import nbgrader
from tests.bench.meters import Command, private_bytes, run
from tests.bench.rounds import apart
from tests.helpers.bank import bank
from tests.helpers.course_fixture import ASSIGNMENT, NOTEBOOKS, RIGHT, bank_source, hand_in, make_course
from tests.helpers.processes import STUDENTS, WORKERS, fork_servers, workers, zygotes

# Without nbgrader's work on the gradebook; notebooks are read and written as usual.
WITHOUT_SAVING = """
c.Autograde.autograde_preprocessors = ["grader.nbgrader_plugin.preprocessors.Execute"]
"""


def main() -> None:
    """Measure both and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.scale", description=__doc__)
    parser.add_argument("--submissions", type=int, default=200, help="submissions of the class that is graded")
    parser.add_argument("--cached", type=int, default=10_000, help="submissions with cached results")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        console.print(measure_class(Path(folder), options.submissions))
        console.print(apart(measure_cached, Path(folder), options.cached))


def measure_class(place: Path, submissions: int) -> Table:
    """Grade a class of right answers in many styles, every file different."""
    course = make_course(place / "class")
    styles = {cell: [a.name for a in bank() if a.folder == cell and a.right] for cell in RIGHT}
    for number in range(submissions):
        student = f"student{number:05d}"
        answers = {cell: names[number % len(names)] for cell, names in styles.items()}
        texts = {cell: f"{bank_source(cell, answer)}\n# {student}\n" for cell, answer in answers.items()}
        hand_in(course, student, {}, texts=texts)
    grade = Command((sys.executable, "-m", "grader", "grade", "--course", str(course.root)), PROJECT, os.environ)
    memory: dict[str, list[float]] = defaultdict(list)

    def watch(command: psutil.Process) -> None:
        for role, used in private_bytes_by_role(command.pid).items():
            memory[role].append(used)
        time.sleep(2)  # measuring takes CPU time, too

    costs = {"make grade": run(grade, watch=watch), "repeated, nothing changed": run(grade)}
    texts = {"softmax": bank_source("softmax", "functional") + "\n# changed\n"}
    hand_in(course, "student00007", {}, ["losses"], texts)
    costs["one notebook changed"] = run(grade)
    costs["nbgrader autograde, nothing new"] = run(nbgrader(course.root, "autograde"))
    table = Table("", "seconds", "per submission", title=f"a class of {submissions}", title_justify="left")
    for what, cost in costs.items():
        table.add_row(what, f"{cost.wall:.1f}", f"{1000 * cost.wall / submissions:.0f} ms")
    for role, used in memory.items():
        before, after = early_and_late(used)
        table.add_row(f"private memory of {role}", f"{before / 1e6:.0f} → {after / 1e6:.0f} MB", "")
    return table


def private_bytes_by_role(pid: int) -> dict[str, float]:
    """Private memory of the long-lived processes of a run, in bytes: role → the largest process of that role."""
    roles = {
        "the command": [pid],
        "the workers' zygote": zygotes(pid, WORKERS),
        "a worker": workers(pid),
        "the fork servers' zygote": zygotes(pid, STUDENTS),
        "a fork server": fork_servers(pid),
    }
    found: dict[str, float] = {}
    for role, pids in roles.items():
        for one in pids:
            with contextlib.suppress(psutil.Error):
                found[role] = max(found.get(role, 0), private_bytes([psutil.Process(one)]))
    return found


def early_and_late(used: list[float]) -> tuple[float, float]:
    """The medians of the second and of the last tenth of a run."""
    tenth = max(1, len(used) // 10)
    return sorted(used[tenth : 2 * tenth])[tenth // 2], sorted(used[-tenth:])[tenth // 2]


def measure_cached(place: Path, submissions: int) -> Table:
    """Grade a class in which all submit the same, whose results are cached: our part of the time, and memory."""
    warnings.simplefilter("ignore")  # of nbgrader's own queries
    course = make_course(place / "cached", config=WITHOUT_SAVING)
    hand_in(course, "first", RIGHT)
    course.autograde_all({"first"}, lambda *_: None)
    for number in range(submissions):
        folder = course.folder("submitted", f"student{number:05d}")
        folder.mkdir(parents=True)
        for name in NOTEBOOKS:
            os.link(course.folder("submitted", "first") / f"{name}.ipynb", folder / f"{name}.ipynb")
    spent: dict[str, float] = defaultdict(float)
    for owner, names in OUR_FUNCTIONS.items():
        for name in names:
            setattr(owner, name, timed(getattr(owner, name), spent, f"{owner.__name__.rpartition('.')[2]}.{name}"))
    seen: list[tuple[int, float]] = []
    graded = 0

    def done(student: str, reason: str) -> None:
        nonlocal graded
        assert not reason, reason
        graded += 1
        if graded % max(1, submissions // 10) == 0:
            seen.append((graded, private_bytes([psutil.Process()])))

    begin = time.monotonic()
    Course(course.root, ASSIGNMENT).autograde_all(set(course.students()) - {"first"}, done)
    seconds = time.monotonic() - begin
    assert graded == submissions
    table = Table("", "ms per submission", title=f"{submissions} submissions with cached results", title_justify="left")
    for name, total in spent.items():
        table.add_row(name, f"{1000 * total / submissions:.2f}")
    table.add_row("our part in total", f"{1000 * sum(spent.values()) / submissions:.1f}", style="bold")
    table.add_row("everything, without nbgrader's saving", f"{1000 * seconds / submissions:.1f}")
    for number, used in (seen[0], seen[len(seen) // 2], seen[-1]):
        table.add_row(f"private memory after {number} submissions", f"{used / 1e6:.0f} MB")
    return table


OUR_FUNCTIONS: Mapping[Any, tuple[str, ...]] = {
    ReplaceWithRelease: ("preprocess",),
    Execute: ("preprocess",),
    ClassRun: ("begin",),
    Autograde: ("_is_pending", "_log_remarks"),
    converter: ("submission_problem",),
    extra_files: ("regular_files",),
    jobs: ("read_file",),
}


def timed(function: Callable[..., Any], spent: dict[str, float], name: str) -> Callable[..., Any]:
    """Wrap a function: add its seconds to `spent[name]`, unless another wrapped function called it."""

    @wraps(function)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        outermost, begin = not _running, time.monotonic()
        _running.append(name)
        try:
            return function(*arguments, **options)
        finally:
            _running.pop()
            if outermost:
                spent[name] += time.monotonic() - begin

    return wrapper


_running: list[str] = []

if __name__ == "__main__":
    main()
