"""Kill a process of a run of 30 submissions at a random moment, then repeat the run: `python -m tests.quality.killing`.

The gradebook must equal that of an undisturbed run, row for row; otherwise the exit status is 1.
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
from tests.helpers.bank import bank
from tests.helpers.class_runs import cluster_of_two, rows, running
from tests.helpers.course_fixture import ASSIGNMENT, command, hand_in, make_course
from tests.helpers.processes import STUDENTS, WORKERS, fork_servers, supervisors, tree_kill, workers, zygotes

SUBMISSIONS, KILLS = 30, 28
VICTIMS: dict[str, Callable[[int], list[int]]] = {  # name → the processes below that of the run's command
    "grader": lambda run: [run],
    "worker": workers,
    "fork server": fork_servers,
    "supervisor": supervisors,
    "zygote of workers": lambda run: zygotes(run, WORKERS),
    "zygote of fork servers": lambda run: zygotes(run, STUDENTS),
    "scheduler": lambda run: [],  # not below it; see `disturb`
}
LOCAL = "--ClassRun.jobs=2"


def main() -> int:
    """Print the table; return exit status 1 if a gradebook differs."""
    console = Console(width=None if sys.stdout.isatty() else 100)
    with tempfile.TemporaryDirectory(prefix="killing-") as folder:
        template = Path(folder) / "template"
        course = make_course(template, ["losses"])
        answers = [answer.name for answer in bank() if answer.folder == "softmax"][:SUBMISSIONS]
        for answer in answers:
            hand_in(course, answer, {"softmax": answer})
        with course_copy(template) as undisturbed:
            begin = time.monotonic()
            autograde(undisturbed, LOCAL)
            seconds, expected = time.monotonic() - begin, rows(undisturbed)
        assert len({row[0] for row in expected}) == SUBMISSIONS
        random_moments = random.Random(0)
        seen: dict[str, list[tuple[bool, bool]]] = {victim: [] for victim in VICTIMS}
        for number in track(range(KILLS), "killing", console=console):
            victim, moment = list(VICTIMS)[number % len(VICTIMS)], random_moments.uniform(0, seconds)
            with course_copy(template) as disturbed:
                found = disturb(disturbed, victim, moment)
                autograde(disturbed, LOCAL)
                seen[victim].append((found, rows(disturbed) == expected))
    table = Table("victim", "runs", "killed", "equal gradebooks", title=f"undisturbed run: {seconds:.0f} s")
    for victim, runs in seen.items():
        table.add_row(
            victim, str(len(runs)), str(sum(found for found, _ in runs)), str(sum(equal for _, equal in runs))
        )
    console.print(table)
    return int(not all(equal for runs in seen.values() for _, equal in runs))


@contextlib.contextmanager
def course_copy(template: Path) -> Iterator[Course]:
    """A copy of a course that has been released but not graded."""
    root = template.with_name("course")
    shutil.copytree(template, root)
    yield Course(root, ASSIGNMENT)
    shutil.rmtree(root)


def autograde(course: Course, *options: str) -> None:
    """Run `nbgrader autograde`."""
    done = command("nbgrader", "autograde", ASSIGNMENT, *options, cwd=course.root)
    assert done.returncode == 0, done.stderr


def disturb(course: Course, victim: str, moment: float) -> bool:
    """Run `nbgrader autograde` and kill a victim `moment` seconds after the start, or as soon as there is one.

    Returns whether there was one before the run ended.
    """
    with contextlib.ExitStack() as stack:
        options, scheduler = [LOCAL], None
        if victim == "scheduler":
            address, (scheduler, *_) = stack.enter_context(cluster_of_two(course.root / "build"))
            options = [f"--ClassRun.scheduler={address}"]
        run = stack.enter_context(running(course, *options))
        time.sleep(moment)
        victims = [scheduler.pid] if scheduler else VICTIMS[victim](run.pid)
        while not victims and run.poll() is None:
            time.sleep(0.05)
            victims = VICTIMS[victim](run.pid)
        for pid in victims[:1]:
            os.kill(pid, signal.SIGKILL)
        try:
            run.wait(120)
        except subprocess.TimeoutExpired:  # it waits for its scheduler
            tree_kill(run.pid)
        return bool(victims)


if __name__ == "__main__":
    sys.exit(main())
