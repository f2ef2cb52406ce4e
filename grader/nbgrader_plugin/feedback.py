"""Write a class's feedback pages in several processes; nbgrader writes them in sequence."""

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

MAX_WITHOUT_POOL = 16  # students; starting a worker process costs as much as writing their pages


def write_all(course: Course, students: Collection[str], on_done: Callable[[str, str], None]) -> None:
    """Write the feedback of these students. Raises KeyboardInterrupt.

    on_done: called once for each student, with "" or the reason why there is no feedback.
    """
    if course.processes == 1 or len(students) <= MAX_WITHOUT_POOL:
        for student in students:
            on_done(student, course.write_feedback(student))
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(course.processes, context, _init_worker, (os.getpid(),))
    try:
        futures = {pool.submit(_write, course.root, course.assignment, student): student for student in students}
        for future in as_completed(futures):
            error = future.exception()
            on_done(futures[future], f"{type(error).__name__}: {error}" if error else future.result())
    finally:
        pool.shutdown(cancel_futures=True)


def _init_worker(parent: int) -> None:
    """Ignore SIGINT, which the parent handles, and exit with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _write(root: Path, assignment: str, student: str) -> str:
    return _course(root, assignment).write_feedback(student)


@cache
def _course(root: Path, assignment: str) -> Course:
    """One for each worker process."""
    return Course(root, assignment)
