"""A run over many submissions: what has not been graded yet is started ahead of nbgrader's own loop, which then saves.

Two stages: running and judging is done by workers, in any order, and its results are kept by content; saving them in
the gradebook is nbgrader's loop, one submission after another. So a run that is killed goes on where it stopped.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from traitlets import Integer, Unicode
from traitlets.config import LoggingConfigurable

from grader.batch.cache import Results
from grader.batch.job import Job, JobResult
from grader.batch.process_pool import Processes, Workers
from grader.sandbox.processes.zygote import Zygote, for_students

AHEAD = 4  # jobs in flight for each worker: enough to keep it busy, few enough to keep memory flat
FEW = 3  # notebooks; starting a worker costs as much as grading these
TELL = 10.0  # seconds between two lines on how far a run is
SLOWEST = 3

Make = Callable[[], Job | None]


class ClassRun(LoggingConfigurable):
    """One for a run; its configuration is nbgrader's: `--ClassRun.jobs=4`."""

    jobs = Integer(0, help="worker processes; 0: one for each core").tag(config=True)
    scheduler = Unicode("", help="a Dask scheduler's address, tcp://host:8786: grade on its workers").tag(config=True)

    def __init__(self, folder: Path, **options: Any) -> None:
        """folder: for the results."""
        super().__init__(**options)
        self._results = Results(folder)
        self._waiting: deque[Make] = deque()
        self._running: dict[str, Any] = {}
        self._workers: Workers | None = None
        self._begin = self._told = time.monotonic()
        self._total = self._finished = 0
        self.slowest: list[tuple[float, str]] = []  # seconds and whose notebook, the slowest first

    def begin(self, makes: Iterable[Make]) -> None:
        """Start on these, in this order; each makes its job when its turn comes (None: nothing to do)."""
        self._waiting.extend(makes)
        self._total = len(self._waiting)
        self._start_ahead()

    def result(self, job: Job) -> JobResult:
        """Of a job that was begun, or of any other. Raises WallsMissing."""
        if job.key in self._running:
            assert self._workers
            done = self._workers.finish(job, self._running.pop(job.key))
            self._results.keep(job, done)
        elif known := self._results.find(job):
            done = known
        else:
            done = self._here(job)
            self._results.keep(job, done)
        self._start_ahead()
        self._tell(job, done)
        return done

    def close(self) -> None:
        """End what still runs; say which were the slowest."""
        if self._workers:
            self._workers.close()
            self._workers = None
        self._waiting.clear()
        self._running.clear()
        if self._finished > 1:
            self.log.info("slowest: %s", ", ".join(f"{name} {seconds:.1f} s" for seconds, name in self.slowest))

    def _here(self, job: Job) -> JobResult:
        if self.scheduler:
            return self._started(job).finish(job, self._started(job).submit(job))
        zygote = _warm(job.gpu)  # imports while this process does
        from grader.batch.run_job import run_job  # takes seconds, where there is nothing to be done for nothing

        return run_job(job, zygote)

    def _start_ahead(self) -> None:
        jobs = self.jobs or os.cpu_count() or 1
        if not self.scheduler and not self._workers and (jobs == 1 or len(self._waiting) <= FEW):
            return
        while self._waiting and len(self._running) < AHEAD * jobs:
            job = self._waiting.popleft()()
            if job is not None and job.key not in self._running and job not in self._results:
                self._running[job.key] = self._started(job).submit(job)

    def _started(self, job: Job) -> Workers:
        if self._workers is None:
            if self.scheduler:
                from grader.batch.dask_pool import Cluster

                self._workers = Cluster(self.scheduler, job.without_walls)
            else:
                self._workers = Processes(self.jobs or os.cpu_count() or 1, job.gpu)
        return self._workers

    def _tell(self, job: Job, done: JobResult) -> None:
        self._finished += 1
        self.slowest = sorted([*self.slowest, (done.seconds, f"{job.student}/{job.notebook}")], reverse=True)[:SLOWEST]
        now = time.monotonic()
        if now - self._told > TELL and self._total:
            self._told = now
            left = (now - self._begin) / self._finished * max(0, self._total - self._finished)
            self.log.info("%d of %d notebooks graded, %.0f s left", self._finished, self._total, left)


@cache
def _warm(gpu: bool) -> Zygote:
    """One for this process; it ends with it."""
    zygote = for_students(gpu)
    zygote.start()
    return zygote
