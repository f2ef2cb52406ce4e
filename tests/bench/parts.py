"""Measure our CPU time: grading by parts, the students' cells alone, and profiles of our own processes.

Each function must be called in a fresh process: it measures that process and its descendants.
"""

from __future__ import annotations

import contextlib
import cProfile
import gc
import os
import pstats
import shutil
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

from grader.assignments.loss_functions import GRADING_BUDGET
from grader.assignments.loss_functions.training.images import STAND_IN_NAME
from grader.checking.assignment import Material
from grader.checking.solution import environment
from grader.grading.grade import Request, grade
from grader.grading.recordings import Memory
from grader.nbgrader_plugin.jobs import checks_cells
from grader.sandbox.processes.client import ForkServer, StudentProcess
from grader.sandbox.runtime.shell import make_shell, rehearse
from grader.wire import Deadline
from tests.bench.meters import Meter, meter
from tests.helpers.course_fixture import ASSIGNMENT, NOTEBOOKS
from tests.helpers.loss_functions import SOURCE, checks_for

STARTING, CELLS = "process start, walls and end", "students' cells"
ANSWERS, JUDGING = "students' answers to the checks", "rebuilding, judging, rendering verdicts"
PARTS = (CELLS, STARTING, ANSWERS, JUDGING)
PROFILE_ROWS = 8


class Stopwatch:
    """Charges the CPU time of this process and of the students' processes to the current part of grading."""

    def __init__(self, students: Meter) -> None:
        self._students, self._part = students, JUDGING
        self.parts: defaultdict[str, float] = defaultdict(float)
        self._last = self._now()

    def switch(self, part: str) -> None:
        """Charge the time from now on to this part."""
        now = self._now()
        self.parts[self._part] += now - self._last
        self._part, self._last = part, now

    def _now(self) -> float:
        return time.process_time() + self._students.seconds()


class TimedProcess:
    """A `grader.student.channel.ProcessHandle` that tells the stopwatch for which part of grading it is used."""

    def __init__(self, process: StudentProcess, watch: Stopwatch) -> None:
        self._process, self._watch = process, watch
        self.interrupt, self.cpu_seconds = process.interrupt, process.cpu_seconds

    def send(self, body: Mapping[str, object], deadline: Deadline) -> None:
        """See `ProcessHandle.send`."""
        self._watch.switch(CELLS if "run" in body else ANSWERS)
        self._process.send(body, deadline)

    def receive(self, deadline: Deadline) -> object:
        """See `ProcessHandle.receive`."""
        try:
            return self._process.receive(deadline)
        finally:
            self._watch.switch(JUDGING)

    def fork(self, deadline: Deadline) -> tuple[TimedProcess, int]:
        """See `ProcessHandle.fork`."""
        self._watch.switch(STARTING)
        copy, threads = self._process.fork(deadline)
        self._watch.switch(JUDGING)
        return TimedProcess(copy, self._watch), threads

    def stop(self) -> str:
        """See `ProcessHandle.stop`."""
        self._watch.switch(STARTING)
        bound = self._process.stop()
        self._watch.switch(JUDGING)
        return bound

    def kill(self) -> None:
        """End the process and its copies."""
        self._watch.switch(STARTING)
        self._process.kill()
        self._watch.switch(JUDGING)


def parts(course: Path, students: Sequence[str]) -> dict[str, float]:
    """Return CPU-seconds of grading one submission's notebooks, by part.

    The median of all submissions but the first, which fills the caches of training and drawing.
    """
    memory = Memory()
    with contextlib.ExitStack() as stack:
        material = stack.enter_context(new_material(course))
        requests = [requests_of(course, student, material) for student in students]
        server, counter = ForkServer(), meter()
        stack.callback(counter.close)
        stack.callback(server.close)
        server.walls()
        counter.add(server.pid)
        seen = []
        for requests_of_one in requests:
            watch = Stopwatch(counter)

            @contextlib.contextmanager
            def start(*arguments: Any, watch: Stopwatch = watch) -> Iterator[TimedProcess]:
                watch.switch(STARTING)
                process = TimedProcess(server.start(*arguments), watch)
                watch.switch(JUDGING)
                try:
                    yield process
                finally:
                    process.kill()

            for request in requests_of_one:
                grade(request, start, memory)
            watch.switch(JUDGING)
            seen.append(watch.parts)
    return {part: median(parts[part] for parts in seen[1:] or seen) for part in PARTS}


def judging_profile(course: Path, students: Sequence[str]) -> dict[str, float]:
    """Return the share of each package in the CPU time of our process while it judges, the largest first."""
    memory = Memory()
    with new_material(course) as material:
        first, *others = [requests_of(course, student, material) for student in students]
        server = ForkServer()
        for request in first:
            grade(request, server.start, memory)
        profile = cProfile.Profile(time.process_time)
        for request in [request for requests in others or [first] for request in requests]:
            profile.runcall(grade, request, server.start, memory)
        server.close()
    return by_package(profile)


def command_profile(course: Path) -> dict[str, float]:
    """Return the share of each package in the CPU time of the process of `nbgrader autograde`, without its workers."""
    from nbgrader.apps import NbGraderApp

    os.chdir(course)
    profile = cProfile.Profile(time.process_time)
    with Path("profile.log").open("w") as log, contextlib.redirect_stderr(log), contextlib.suppress(SystemExit):
        profile.runcall(NbGraderApp.launch_instance, ["autograde", ASSIGNMENT])
    return by_package(profile)


def by_package(profile: cProfile.Profile) -> dict[str, float]:
    """Return the share of each package in a profile; built-in functions are charged to their callers."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for (file, *_), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if file == "~" and callers:
            for (caller, *_), (_, _, share, _) in callers.items():
                seconds[package(caller)] += share
        else:
            seconds[package(file)] += own
    total = sum(seconds.values())
    largest = sorted(seconds, key=lambda name: -seconds[name])[:PROFILE_ROWS]
    return {name: seconds[name] / total for name in largest}


def package(file: str) -> str:
    """`…/site-packages/nbformat/json_compat.py` → nbformat."""
    if "importlib" in file:
        return "importing"
    if "site-packages/" in file:
        return file.partition("site-packages/")[2].split("/")[0].removesuffix(".py")
    return "grader" if "/grader/" in file else "standard library"


def requests_of(course: Path, student: str, material: Material) -> list[Request]:
    """Return the requests to grade a submission's notebooks, the same as in production."""
    images = course / "build" / "stand-in.npy"
    variables, read = {**GRADING_BUDGET, "CUDA_VISIBLE_DEVICES": ""}, {"LOSS_FUNCTIONS_IMAGES": images}
    requests = []
    for name in NOTEBOOKS:
        release = (course / "release" / ASSIGNMENT / f"{name}.ipynb").read_bytes()
        submitted = (course / "submitted" / student / ASSIGNMENT / f"{name}.ipynb").read_bytes()
        modules = {cell: checks_for(cell) for cell in checks_cells(ASSIGNMENT, release)}
        source = (SOURCE / f"{name}.ipynb").read_bytes() if "weighted_run_checks" in modules else None
        own_material = replace(material, source=source)
        requests.append(Request(submitted, release, modules, variables=variables, read=read, material=own_material))
    return requests


@contextlib.contextmanager
def new_material(course: Path) -> Iterator[Material]:
    """Material of the trusted checks in a temporary folder, so that nothing has been trained yet."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (course / "build").glob("stand-in.*"):
            shutil.copy(path, folder)
        yield Material(None, Path(folder) / STAND_IN_NAME, Path(folder))


def cells_alone(course: Path, students: Sequence[str]) -> float:
    """Return the median CPU-seconds of one submission's own cells in a warm process."""
    torch.set_num_threads(1)
    shell = make_shell(8 << 20)
    matplotlib.use("module://matplotlib_inline.backend_inline", force=True)  # after the shell, which the backend needs
    rehearse(shell)

    def run_all(student: str) -> float:
        begin, figures = time.process_time(), 0
        for name in NOTEBOOKS:
            path = course / "submitted" / student / ASSIGNMENT / f"{name}.ipynb"
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type == "code" and not cell.id.endswith("_checks"):
                    ran = shell.run(cell.source)
                    errors = [output for output in ran.outputs if output["output_type"] == "error"]
                    assert not errors, (student, name, cell.id, errors)
                    figures += sum("image/png" in output.get("data", {}) for output in ran.outputs)
            shell.reset(new_session=True)  # type: ignore[no-untyped-call]
        assert figures, "no figure was drawn, although figures are a large part of the work"
        return time.process_time() - begin

    images = str(course / "build" / "stand-in.npy")
    with environment({**GRADING_BUDGET, "LOSS_FUNCTIONS_IMAGES": images, "CUDA_VISIBLE_DEVICES": ""}):
        run_all(students[0])
        gc.collect()
        gc.freeze()
        return median(run_all(student) for student in students)
