"""Where our CPU time goes: one notebook's grading by part, the students' cells alone, and a profile of our own code.

Each function is for a fresh process: it measures that process and what it starts.
"""

from __future__ import annotations

import contextlib
import cProfile
import gc
import os
import pstats
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib
import nbformat
import torch

from grader.assignments.loss_functions.training.solution import GRADING_BUDGET, environment
from grader.assignments.loss_functions.training.weighted_run import STAND_IN, WeightedRun
from grader.grading.grade import Request, grade
from grader.nbgrader_plugin.preprocessors import modules_of
from grader.sandbox.processes.client import ForkServer, StudentProcess
from grader.sandbox.runtime.shell import make_shell, rehearse
from tests.bench.meters import Meter, meter
from tests.helpers.bank import SOURCE
from tests.helpers.course_fixture import ASSIGNMENT, NOTEBOOKS

STARTING, CELLS = "process start, walls and end", "students' cells"
ANSWERS, JUDGING = "students' answers to the checks", "sanitising, judging, showing verdicts"
PARTS = (CELLS, STARTING, ANSWERS, JUDGING)
MOST = 8  # rows of a profile


class Stopwatch:
    """CPU time of this process and of the students' processes, charged to the part that is going on."""

    def __init__(self, students: Meter) -> None:
        self._students, self._part = students, JUDGING
        self.parts: defaultdict[str, float] = defaultdict(float)
        self._last = self._now()

    def switch(self, part: str) -> None:
        """From here on it is this part."""
        now = self._now()
        self.parts[self._part] += now - self._last
        self._part, self._last = part, now

    def _now(self) -> float:
        return time.process_time() + self._students.seconds()


class Timed:
    """A student's process; implements `grader.student.channel.Process`."""

    def __init__(self, process: StudentProcess, watch: Stopwatch) -> None:
        self._process, self._watch = process, watch
        self.receive, self.interrupt = self._receive, process.interrupt

    def send(self, body: Mapping[str, Any], deadline: float) -> None:
        """See `Process.send`."""
        self._watch.switch(CELLS if "run" in body else ANSWERS)
        self._process.send(body, deadline)

    def _receive(self, deadline: float) -> Any:
        try:
            return self._process.receive(deadline)
        finally:
            self._watch.switch(JUDGING)

    def kill(self) -> str:
        """See `Process.kill`."""
        self._watch.switch(STARTING)
        passed = self._process.kill()
        self._watch.switch(JUDGING)
        return passed


def parts(course: Path, students: Sequence[str]) -> dict[str, float]:
    """CPU-seconds of running and judging one submission's notebooks, by part; the median of all but the first, which
    trains and draws for the others."""
    requests = [requests_of(course, student) for student in students]
    with tempfile.TemporaryDirectory() as memo, contextlib.ExitStack() as stack:
        server, counter = ForkServer(), meter()
        stack.callback(counter.close)
        stack.callback(server.close)
        server.walls()
        counter.add(server.pid)
        run = trusted_run(course, Path(memo))
        seen = []
        for requests_of_one in requests:
            watch = Stopwatch(counter)

            @contextlib.contextmanager
            def start(*arguments: Any, watch: Stopwatch = watch) -> Iterator[Timed]:
                watch.switch(STARTING)
                process = Timed(server.start(*arguments), watch)
                watch.switch(JUDGING)
                try:
                    yield process
                finally:
                    process.kill()

            for request in requests_of_one:
                grade(request, start, run)
            watch.switch(JUDGING)
            seen.append(watch.parts)
    return {part: median(parts[part] for parts in seen[1:] or seen) for part in PARTS}


def judging_profile(course: Path, students: Sequence[str]) -> dict[str, float]:
    """Shares of our process's CPU time while it judges, by package; the largest first."""
    first, *others = [requests_of(course, student) for student in students]
    with tempfile.TemporaryDirectory() as memo:
        server, run = ForkServer(), trusted_run(course, Path(memo))
        for request in first:
            grade(request, server.start, run)
        profile = cProfile.Profile(time.process_time)
        for request in [request for requests in others or [first] for request in requests]:
            profile.runcall(grade, request, server.start, run)
        server.close()
    return by_package(profile)


def command_profile(course: Path) -> dict[str, float]:
    """The same for the process of `nbgrader autograde`, what its workers do left out."""
    from nbgrader.apps import NbGraderApp

    os.chdir(course)
    profile = cProfile.Profile(time.process_time)
    with Path("profile.log").open("w") as log, contextlib.redirect_stderr(log), contextlib.suppress(SystemExit):
        profile.runcall(NbGraderApp.launch_instance, ["autograde", ASSIGNMENT])
    return by_package(profile)


def by_package(profile: cProfile.Profile) -> dict[str, float]:
    """Share of each package in the time, that of built-in functions charged to who calls them."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for (file, *_), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if file == "~" and callers:
            for (caller, *_), (_, _, share, _) in callers.items():
                seconds[package(caller)] += share
        else:
            seconds[package(file)] += own
    total = sum(seconds.values())
    largest = sorted(seconds, key=lambda name: -seconds[name])[:MOST]
    return {name: seconds[name] / total for name in largest}


def package(file: str) -> str:
    """`…/site-packages/nbformat/json_compat.py` → nbformat."""
    if "importlib" in file:
        return "importing"
    if "site-packages/" in file:
        return file.partition("site-packages/")[2].split("/")[0].removesuffix(".py")
    return "grader" if "/grader/" in file else "standard library"


def requests_of(course: Path, student: str) -> list[Request]:
    """What grading a submission's notebooks needs, as the product puts it together."""
    images = course / "build" / "stand-in.npy"
    variables = {**GRADING_BUDGET, "LOSS_FUNCTIONS_IMAGES": str(images), "CUDA_VISIBLE_DEVICES": ""}
    empty = Request(b"", b"", {}, variables=variables, read=(images,))
    requests = []
    for name in NOTEBOOKS:
        release = (course / "release" / ASSIGNMENT / f"{name}.ipynb").read_bytes()
        submitted = (course / "submitted" / student / ASSIGNMENT / f"{name}.ipynb").read_bytes()
        requests.append(replace(empty, submitted=submitted, release=release, modules=modules_of(release)))
    return requests


def trusted_run(course: Path, memo: Path) -> WeightedRun:
    """Task 3's training on our side, nothing of it done yet."""
    images = str(course / "build" / "stand-in.npy")
    source = (SOURCE / "imbalanced_cifar10.ipynb").read_bytes()
    return WeightedRun(source, images, images, "stand-in", STAND_IN, memo)


def cells_alone(course: Path, students: Sequence[str]) -> float:
    """CPU-seconds of one submission's own cells in a process that has seen all of them before; the median."""
    torch.set_num_threads(1)
    shell = make_shell(8 << 20)
    matplotlib.use("module://matplotlib_inline.backend_inline", force=True)  # after the shell, which it looks for
    rehearse(shell)

    def run_all(student: str) -> float:
        begin, figures = time.process_time(), 0
        for name in NOTEBOOKS:
            path = course / "submitted" / student / ASSIGNMENT / f"{name}.ipynb"
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type == "code" and not cell.id.endswith("_checks"):
                    ran = shell.run(cell.source)
                    assert ran.ok, (student, name, cell.id, ran.outputs)
                    figures += sum("image/png" in output.get("data", {}) for output in ran.outputs)
            shell.reset(new_session=True)
        assert figures, "no figure was drawn, which is a large part of the work"
        return time.process_time() - begin

    images = str(course / "build" / "stand-in.npy")
    with environment({**GRADING_BUDGET, "LOSS_FUNCTIONS_IMAGES": images, "CUDA_VISIBLE_DEVICES": ""}):
        run_all(students[0])
        gc.collect()
        gc.freeze()
        return median(run_all(student) for student in students)
