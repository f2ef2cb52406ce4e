"""A class's feedback pages, written by several processes: nbgrader writes one after another, half a CPU-second each."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Collection
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

from grader.nbgrader_plugin.course import Course
from grader.sandbox.isolation.syscalls import PR_SET_PDEATHSIG, prctl

FEW = 16  # students; starting a process costs as much as writing theirs


def write_all(course: Course, students: Collection[str], on_done: Callable[[str, str], None]) -> None:
    """`on_done` is told of each student's end: "" or why there is no feedback. Raises KeyboardInterrupt."""
    if course.jobs == 1 or len(students) <= FEW:
        for student in students:
            on_done(student, course.write_feedback(student))
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(course.jobs, context, _begin, (os.getpid(),))
    try:
        futures = {pool.submit(_write, course.root, course.assignment, student): student for student in students}
        for future in as_completed(futures):
            error = future.exception()
            on_done(futures[future], f"{type(error).__name__}: {error}" if error else future.result())
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(parent: int) -> None:
    """A Ctrl-C is the parent's to handle, and its end is ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _write(root: Path, assignment: str, student: str) -> str:
    return _course(root, assignment).write_feedback(student)


@cache
def _course(root: Path, assignment: str) -> Course:
    return Course(root, assignment)
