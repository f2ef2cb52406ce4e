"""Grade a class in its own process or on a Dask cluster, and compare gradebooks; for tests that kill parts of a run."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from grader.nbgrader_plugin.course import PROJECT, Course
from tests.helpers.course_fixture import ASSIGNMENT

LOCAL = ("--ClassRun.jobs=2",)
# An answer that takes all CPUs, with processes in sessions of their own: the scheduler may give each session a share.
HOG = """
import os
for _ in range(58):
    if os.fork() == 0:
        os.setsid()
        while True: pass
def softmax(logits):
    return logits
"""


def rows(course: Course) -> list[tuple[Any, ...]]:
    """Return every grade of the gradebook, sorted, without its random ids and timestamps."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return sorted(
            (s.student.id, n.name, g.name, g.auto_score, g.manual_score, g.needs_manual_grade, g.max_score)
            for s in gradebook.assignment_submissions(ASSIGNMENT)
            for n in s.notebooks
            for g in n.grades
        )


def running(course: Course, *options: str) -> subprocess.Popen[bytes]:
    """Start `nbgrader autograde` in a course, by default with two worker processes."""
    scripts = Path(sys.executable).parent
    return subprocess.Popen(
        [str(scripts / "nbgrader"), "autograde", ASSIGNMENT, *(options or LOCAL)],
        cwd=course.root,
        env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def cluster_of_two(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a Dask scheduler and two workers on loopback; yield the address, and the three processes in that order.

    folder: for temporary files of the workers.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    python, prefix = [sys.executable, "-m"], "distributed.cli.dask_"
    host = ["--host", "127.0.0.1", "--no-dashboard"]
    commands = [
        [*python, f"{prefix}scheduler", "--port", str(port), *host],
        *[[*python, f"{prefix}worker", address, "--nthreads", "1", *host]] * 2,
    ]
    environment = {**os.environ, "TMPDIR": str(folder)}
    quiet = subprocess.DEVNULL
    processes = [subprocess.Popen(c, cwd=PROJECT, env=environment, stdout=quiet, stderr=quiet) for c in commands]
    try:
        yield address, processes
    finally:
        for process in processes[::-1]:
            process.terminate()
            process.wait()
