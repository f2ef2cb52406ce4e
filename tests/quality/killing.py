"""`python -m tests.quality.killing`: SIGKILL at random moments of a run of 30 submissions, then the same command again.

The gradebook must be that of an undisturbed run, row for row. Exit status 1 where one is not.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from grader.nbgrader_plugin.course import Course
from tests.batch.test_runner import cluster_of_two, rows, running
from tests.helpers.bank import bank
from tests.helpers.course_fixture import ASSIGNMENT, command, hand_in, make_course
from tests.helpers.processes import STUDENTS, WORKERS, fork_servers, supervisors, tree_kill, workers, zygotes

SUBMISSIONS, KILLS = 30, 28
VICTIMS: dict[str, Callable[[int], list[int]]] = {  # of a run: which processes they are; the scheduler is none of it
    "grader": lambda run: [run],
    "worker": workers,
    "fork server": fork_servers,
    "supervisor": supervisors,
    "zygote of workers": lambda run: zygotes(run, WORKERS),
    "zygote of fork servers": lambda run: zygotes(run, STUDENTS),
    "scheduler": lambda run: [],
}
LOCAL = "--ClassRun.jobs=2"


def main() -> int:
    """→ exit status."""
    console = Console(width=None if sys.stdout.isatty() else 100)
    with tempfile.TemporaryDirectory(prefix="killing-") as folder:
        template = Path(folder) / "template"
        course = make_course(template, ["losses"])
        ways = [answer.name for answer in bank() if answer.folder == "softmax"][:SUBMISSIONS]
        for way in ways:
            hand_in(course, way, {"softmax": way})
        with copy(template) as undisturbed:
            begin = time.monotonic()
            graded(undisturbed, LOCAL)
            seconds, expected = time.monotonic() - begin, rows(undisturbed)
        assert len({row[0] for row in expected}) == SUBMISSIONS
        moments = random.Random(0)
        same = {victim: [] for victim in VICTIMS}
        for number in track(range(KILLS), "killing", console=console):
            victim, moment = list(VICTIMS)[number % len(VICTIMS)], moments.uniform(0, seconds)
            with copy(template) as disturbed:
                found = disturb(disturbed, victim, moment)
                graded(disturbed, LOCAL)
                same[victim].append((found, rows(disturbed) == expected))
    table = Table("killed", "moments", "met", "gradebook equal", title=f"undisturbed: {seconds:.0f} s")
    for victim, seen in same.items():
        table.add_row(victim, str(len(seen)), str(sum(f for f, _ in seen)), str(sum(equal for _, equal in seen)))
    console.print(table)
    return int(not all(equal for seen in same.values() for _, equal in seen))


@contextlib.contextmanager
def copy(template: Path) -> Iterator[Course]:
    """Of a course that has been released and not graded."""
    root = template.with_name("course")
    shutil.copytree(template, root)
    yield Course(root, ASSIGNMENT)
    shutil.rmtree(root)


def graded(course: Course, *options: str) -> None:
    """`nbgrader autograde`, to its end."""
    done = command("nbgrader", "autograde", ASSIGNMENT, *options, cwd=course.root)
    assert done.returncode == 0, done.stderr


def disturb(course: Course, victim: str, moment: float) -> bool:
    """The same, with a SIGKILL so many seconds after its start, or when there is a victim; → whether there was one."""
    with contextlib.ExitStack() as stack:
        options, scheduler = [LOCAL], None
        if victim == "scheduler":
            address, (scheduler, *_) = stack.enter_context(cluster_of_two(course.root / "build"))
            options = [f"--ClassRun.scheduler={address}"]
        run = stack.enter_context(running(course, *options))
        time.sleep(moment)
        there = [scheduler.pid] if scheduler else VICTIMS[victim](run.pid)
        while not there and run.poll() is None:  # it is not there yet
            time.sleep(0.05)
            there = VICTIMS[victim](run.pid)
        for pid in there[:1]:
            os.kill(pid, signal.SIGKILL)
        try:
            run.wait(120)
        except subprocess.TimeoutExpired:  # without its scheduler
            tree_kill(run.pid)
        return bool(there)


if __name__ == "__main__":
    sys.exit(main())
