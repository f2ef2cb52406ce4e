"""`python -m tests.quality.scale`: a class of 200 graded, again, with one changed; and 10,000 whose results are known.

Prints what each took and what has grown.
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
from grader.nbgrader_plugin import converter as autograde
from grader.nbgrader_plugin import preprocessors as execute
from grader.nbgrader_plugin.converter import Autograde
from grader.nbgrader_plugin.course import PROJECT, Course
from grader.nbgrader_plugin.preprocessors import Execute, ReplaceWithRelease
from tests.bench.courses import nbgrader
from tests.bench.meters import Command, private_bytes, run
from tests.bench.rounds import apart
from tests.helpers.bank import bank
from tests.helpers.course_fixture import ASSIGNMENT, NOTEBOOKS, RIGHT, bank_source, hand_in, make_course
from tests.helpers.processes import STUDENTS, WORKERS, fork_servers, workers, zygotes

# nbgrader's own work with the gradebook left out: what stands in the notebooks is read and written as ever.
WITHOUT_SAVING = """
c.Autograde.autograde_preprocessors = ["grader.nbgrader_plugin.preprocessors.Execute"]
"""


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.scale", description=__doc__)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--simulated", type=int, default=10_000)
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        console.print(whole_class(Path(folder), options.submissions))
        console.print(apart(simulated, Path(folder), options.simulated))


def whole_class(place: Path, submissions: int) -> Table:
    """Right answers in many styles, each file another one."""
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
        for role, used in private_of(command.pid).items():
            memory[role].append(used)
        time.sleep(2)  # looking costs, too

    costs = {"make grade": run(grade, watch=watch), "again, nothing changed": run(grade)}
    texts = {"softmax": bank_source("softmax", "functional") + "\n# another one\n"}
    hand_in(course, "student00007", {}, ["losses"], texts)
    costs["one changed"] = run(grade)
    costs["nbgrader autograde, nothing new"] = run(nbgrader(course.root, "autograde"))
    table = Table("what", "seconds", "each", title=f"a class of {submissions}", title_justify="left")
    for what, cost in costs.items():
        table.add_row(what, f"{cost.wall:.1f}", f"{1000 * cost.wall / submissions:.0f} ms")
    for role, used in memory.items():
        before, after = grown_by(used)
        table.add_row(f"private memory of {role}", f"{before / 1e6:.0f} → {after / 1e6:.0f} MB", "")
    return table


def private_of(pid: int) -> dict[str, float]:
    """Bytes of each long-lived process of a run, the largest of its kind."""
    kinds = {
        "the command": [pid],
        "what workers are forked from": zygotes(pid, WORKERS),
        "a worker": workers(pid),
        "what fork servers are forked from": zygotes(pid, STUDENTS),
        "a fork server": fork_servers(pid),
    }
    found: dict[str, float] = {}
    for kind, pids in kinds.items():
        for one in pids:
            with contextlib.suppress(psutil.Error):
                found[kind] = max(found.get(kind, 0), private_bytes([psutil.Process(one)]))
    return found


def grown_by(used: list[float]) -> tuple[float, float]:
    """Median of the second tenth of a run, and of the last."""
    tenth = max(1, len(used) // 10)
    return sorted(used[tenth : 2 * tenth])[tenth // 2], sorted(used[-tenth:])[tenth // 2]


def simulated(place: Path, submissions: int) -> Table:
    """Everybody has handed in the same, whose results are known: our own part of each, and memory."""
    warnings.simplefilter("ignore")  # of nbgrader's own queries
    course = make_course(place / "known", config=WITHOUT_SAVING)
    hand_in(course, "first", RIGHT)
    course.autograde_all({"first"}, lambda *_: None)
    for number in range(submissions):
        folder = course.folder("submitted", f"student{number:05d}")
        folder.mkdir(parents=True)
        for name in NOTEBOOKS:
            os.link(course.folder("submitted", "first") / f"{name}.ipynb", folder / f"{name}.ipynb")
    spent: dict[str, float] = defaultdict(float)
    for owner, names in OURS.items():
        for name in names:
            setattr(owner, name, clocked(getattr(owner, name), spent, f"{owner.__name__.rpartition('.')[2]}.{name}"))
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
    table = Table("what", "ms each", title=f"{submissions} whose results are known", title_justify="left")
    for name, of_it in spent.items():
        table.add_row(name, f"{1000 * of_it / submissions:.2f}")
    table.add_row("our part", f"{1000 * sum(spent.values()) / submissions:.1f}", style="bold")
    table.add_row("all, nbgrader's converter without its saving", f"{1000 * seconds / submissions:.1f}")
    for number, used in (seen[0], seen[len(seen) // 2], seen[-1]):
        table.add_row(f"private memory after {number}", f"{used / 1e6:.0f} MB")
    return table


OURS: Mapping[Any, tuple[str, ...]] = {
    ReplaceWithRelease: ("preprocess",),
    Execute: ("preprocess",),
    ClassRun: ("begin",),
    Autograde: ("_why_not", "_is_pending", "_tell_what_was_not_read"),
    autograde.handed_in: ("files",),
    execute.handed_in: ("read",),
}


def clocked(function: Callable[..., Any], spent: dict[str, float], name: str) -> Callable[..., Any]:
    """The same; adds the seconds that it takes, but not those inside another such function."""

    @wraps(function)
    def measured(*arguments: Any, **options: Any) -> Any:
        outermost, begin = not _inside, time.monotonic()
        _inside.append(name)
        try:
            return function(*arguments, **options)
        finally:
            _inside.pop()
            if outermost:
                spent[name] += time.monotonic() - begin

    return measured


_inside: list[str] = []

if __name__ == "__main__":
    main()
