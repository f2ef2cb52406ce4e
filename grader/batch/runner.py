"""Run the jobs of a class ahead of nbgrader's loop, in parallel; the loop then saves one submission after the other.

Workers grade in any order, and results are cached by content, so an interrupted run continues where it stopped.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import Integer, Unicode
from traitlets.config import LoggingConfigurable

from grader.batch.cache import ResultCache
from grader.batch.job import Job, JobResult
from grader.batch.process_pool import ProcessPool, WorkerPool
from grader.sandbox.processes.zygote import student_zygote

if TYPE_CHECKING:
    from grader.batch.run_job import JobRunner

JOBS_AHEAD = 4  # submitted jobs for each worker: enough to keep it busy, few enough to keep memory flat
MAX_WITHOUT_POOL = 3  # notebooks; starting a worker costs as much as grading these
# Seconds in which one run judges again, one at a time, what is undecided: a few notebooks with a cell that sleeps (60 s
# each) are settled, a class full of them delays a run by 5 minutes, and the next run continues.
ALONE_SECONDS = 300.0
ALONE_LEAST_SECONDS = 30.0  # with less time left nothing is started: an honest notebook takes 5
PROGRESS_SECONDS = 10.0  # between two log lines on the progress of a run
SLOWEST = 3  # notebooks named at the end

MakeJob = Callable[[], Job | None]


class LocalRunner:
    """Grades in this process. Lazy: what only grading imports takes seconds, and a run may find everything cached."""

    def __init__(self) -> None:
        self._runners: dict[bool, JobRunner] = {}

    def run(self, job: Job) -> JobResult:
        """See `JobRunner.run`."""
        if job.gpu not in self._runners:
            zygote = student_zygote(job.gpu)
            zygote.start()  # it imports while this process does
            from grader.batch.run_job import JobRunner

            self._runners[job.gpu] = JobRunner(zygote)
        return self._runners[job.gpu].run(job)

    def close(self) -> None:
        """End its fork servers."""
        for runner in self._runners.values():
            runner.close()
        self._runners.clear()


class ClassRun(LoggingConfigurable):
    """One run over a class. Its configuration is nbgrader's: `--ClassRun.jobs=4`."""

    jobs = Integer(0, help="worker processes; 0: one for each core").tag(config=True)
    scheduler = Unicode("", help="a Dask scheduler's address, tcp://host:8786: grade on its workers").tag(config=True)

    def __init__(self, cache: Path, local: LocalRunner, pool: WorkerPool | None = None, **options: Any) -> None:
        """cache: folder of the result cache. local: for runs that are too small for a worker pool.

        pool: one that was started for this run, which closes it; None: a run starts its own when it needs one.
        """
        super().__init__(**options)
        self._cache, self._local = ResultCache(cache), local
        self._waiting: deque[MakeJob] = deque()
        self._submitted: dict[str, tuple[Job, Any]] = {}  # by job key, with the pool's future
        self._kept: dict[str, JobResult] = {}  # by job key: results that are not cacheable, finished before their turn
        self._judged_alone: set[str] = set()  # job keys
        self._alone_seconds = ALONE_SECONDS
        self._pool = pool
        self._begin = self._last_progress = time.monotonic()
        self._total = self._finished = 0
        self.slowest: list[tuple[float, str]] = []  # (seconds, student/notebook) of this run, the slowest first
        self.undecided: set[str] = set()  # students with a notebook that a later run should judge again
        self.stopped: dict[str, float] = {}  # student/notebook that a time limit stopped → load average of this machine

    def begin(self, jobs: Iterable[MakeJob]) -> None:
        """Start jobs in this order; each is made when its turn comes (None: nothing to do)."""
        self._waiting.extend(jobs)
        self._total = len(self._waiting)
        self._submit_ahead()

    def result(self, job: Job) -> JobResult:
        """The result of a job that was begun, or of any other. Raises WallsMissing.

        An undecided notebook is first judged again, alone: after all other jobs that were begun.
        """
        result = self._first_result(job)
        if result.undecided:
            result = self._result_alone(job, result)
        if result.undecided:
            self.undecided.add(job.student)
        self._submit_ahead()
        self._report()
        return result

    def _first_result(self, job: Job) -> JobResult:
        """The result of a job in its turn."""
        if job.key in self._submitted:
            assert self._pool
            _, future = self._submitted.pop(job.key)
            result = self._pool.finish(job, future)
        elif kept := self._kept.get(job.key) or self._cache.find(job):
            return kept
        else:
            result = self._run_now(job)
        self._add(job, result)
        return result

    def _add(self, job: Job, result: JobResult) -> None:
        """Keep a result that this run has computed."""
        self._cache.add(job, result)
        name = f"{job.student}/{job.notebook}"
        self.slowest = sorted([*self.slowest, (result.seconds, name)], reverse=True)[:SLOWEST]
        self.stopped.pop(name, None)  # it may have been judged before, beside others
        if result.stopped:
            self.stopped[name] = os.getloadavg()[0]

    def _result_alone(self, job: Job, undecided: JobResult) -> JobResult:
        """Judge an undecided notebook again while nothing else is graded, once, if the run has time left for that."""
        if job.key in self._judged_alone or self._alone_seconds < ALONE_LEAST_SECONDS:
            return undecided
        self._judged_alone.add(job.key)
        self._finish_others()
        self.log.info("judged again, alone: %s/%s", job.student, job.notebook)
        begin = time.monotonic()
        seconds = min(job.limits.notebook_seconds, self._alone_seconds)
        limits = replace(job.limits, alone=True, notebook_seconds=seconds)
        result = self._kept[job.key] = self._run_now(replace(job, limits=limits))
        self._alone_seconds -= time.monotonic() - begin
        self._add(job, result)
        return result

    def _finish_others(self) -> None:
        """Finish all jobs that were begun, into the cache; results that are not cacheable are kept here."""
        self._submit_ahead()
        while self._submitted:
            other, future = self._submitted.pop(next(iter(self._submitted)))
            assert self._pool
            result = self._pool.finish(other, future)
            self._add(other, result)
            if not result.cacheable:
                self._kept[other.key] = result
            self._submit_ahead()

    def close(self) -> None:
        """Cancel what still runs, and log the slowest notebooks."""
        if self._pool:
            self._pool.close()
            self._pool = None
        self._waiting.clear()
        self._submitted.clear()
        if self.slowest:
            self.log.info("slowest: %s", ", ".join(f"{name} {seconds:.1f} s" for seconds, name in self.slowest))

    def _run_now(self, job: Job) -> JobResult:
        if self.scheduler or self._pool:
            pool = self._started_pool(job)
            return pool.finish(job, pool.submit(job))
        return self._local.run(job)

    def _submit_ahead(self) -> None:
        jobs = self.jobs or os.cpu_count() or 1
        if not self.scheduler and not self._pool and (jobs == 1 or len(self._waiting) <= MAX_WITHOUT_POOL):
            return
        while self._waiting and len(self._submitted) < JOBS_AHEAD * jobs:
            job = self._waiting.popleft()()
            known = {*self._submitted, *self._kept}
            if job is not None and job.key not in known and job not in self._cache:
                self._submitted[job.key] = job, self._started_pool(job).submit(job)

    def _started_pool(self, job: Job) -> WorkerPool:
        if self._pool is None:
            if self.scheduler:
                from grader.batch.dask_pool import DaskPool

                self._pool = DaskPool(self.scheduler, job.without_walls)
            else:
                self._pool = ProcessPool(self.jobs or os.cpu_count() or 1, job.gpu)
        return self._pool

    def _report(self) -> None:
        self._finished += 1
        now = time.monotonic()
        if now - self._last_progress > PROGRESS_SECONDS and self._total:
            self._last_progress = now
            left = (now - self._begin) / self._finished * max(0, self._total - self._finished)
            self.log.info("%d of %d notebooks graded, %.0f s left", self._finished, self._total, left)
