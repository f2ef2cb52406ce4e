"""Worker processes on this machine, and the interface of worker pools, which `dask_pool` implements too."""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from multiprocessing.connection import wait
from typing import Any, Protocol

from grader.batch.job import Job, JobResult
from grader.sandbox.processes.zygote import Zygote, student_zygote

KILLED_TWICE = "the process that graded it ended twice"
ASSIGNED_JOBS = 2  # of one worker: the running one and the next, so that it never waits


class WorkerPool(Protocol):
    """Grades jobs in parallel. The future that `submit` returns is for `finish` of the same pool."""

    def submit(self, job: Job) -> Any:
        """Run a job as soon as a worker is free; → its future."""

    def finish(self, job: Job, future: Any) -> JobResult:
        """Wait for a job. If its worker dies, it is retried once."""

    def close(self) -> None:
        """Cancel all jobs and end the workers."""


class ProcessPool:
    """Worker processes, each with its own fork server. They end with this process, after a SIGKILL too.

    Not an executor of the standard library: when a worker dies, those cannot tell which job it was running, and may
    hang.
    """

    def __init__(self, size: int, gpu: bool = False) -> None:
        """size: number of workers. gpu: students' processes may use it."""
        self._students = student_zygote(gpu)
        self._zygote = Zygote("grader.batch.worker", "gpu" if gpu else "")
        self._students.start()  # both zygotes import at the same time; what they fork later waits for no import
        self._workers = [self._new_worker() for _ in range(size)]
        self._waiting: deque[Job] = deque()
        self._results: dict[str, JobResult | Exception] = {}
        self._deaths: Counter[str] = Counter()

    def submit(self, job: Job) -> str:
        """See `WorkerPool.submit`."""
        self._waiting.append(job)
        self._assign()
        return job.key

    def finish(self, job: Job, future: str) -> JobResult:
        """See `WorkerPool.finish`. Raises what `JobRunner.run` raises."""
        while future not in self._results:
            self._receive()
        result = self._results.pop(future)
        if isinstance(result, Exception):
            raise result
        return result

    def close(self) -> None:
        """See `WorkerPool.close`."""
        for worker in self._workers:
            worker.connection.close()
        self._zygote.close()
        self._students.close()

    def _receive(self) -> None:
        ready = wait([worker.connection for worker in self._workers])
        for index, worker in enumerate(self._workers):
            if worker.connection in ready:
                try:
                    result = worker.connection.recv()
                    self._results[worker.assigned.popleft().key] = result
                except (EOFError, OSError):
                    self._workers[index] = self._replace(worker)
        self._assign()

    def _replace(self, dead: _Worker) -> _Worker:
        """A new worker. The job that the dead one was running is retried once, then set aside."""
        dead.connection.close()
        if dead.assigned:
            suspect = dead.assigned[0]
            self._deaths[suspect.key] += 1
            if self._deaths[suspect.key] > 1:
                from grader.batch.run_job import set_aside  # importing it takes seconds, and is rarely needed here

                self._results[suspect.key] = set_aside(dead.assigned.popleft(), KILLED_TWICE)
        self._waiting.extendleft(reversed(dead.assigned))
        return self._new_worker()

    def _new_worker(self) -> _Worker:
        return _Worker(self._zygote, self._students)

    def _assign(self) -> None:
        for load in range(ASSIGNED_JOBS):
            for worker in self._workers:
                if self._waiting and len(worker.assigned) <= load:
                    worker.give(self._waiting.popleft())


class _Worker:
    """One process and the jobs assigned to it, in order."""

    def __init__(self, workers: Zygote, students: Zygote) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        self.assigned: deque[Job] = deque()
        assert students.connection
        workers.fork(b"", theirs.fileno(), students.connection.fileno())
        theirs.close()

    def give(self, job: Job) -> None:
        self.assigned.append(job)
        try:
            self.connection.send(job)
        except OSError:  # it has died; `ProcessPool._receive` replaces it
            return
