"""Where job is done: worker processes of this machine; the interface is a cluster's, too."""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from multiprocessing.connection import wait
from typing import Any, Protocol

from grader.batch.job import Job, JobResult
from grader.sandbox.processes.zygote import Zygote, for_students

KILLED_TWICE = "the process that graded it ended twice"
ASSIGNED = 2  # jobs of one worker: the one that it does, and the next, so that it never waits for us


class Workers(Protocol):
    """Whoever grades; what `submit` returns is for `finish` of the same object."""

    def submit(self, job: Job) -> Any:
        """Start it as soon as somebody is free."""

    def finish(self, job: Job, future: Any) -> JobResult:
        """Wait for it; where a worker has died meanwhile, try once more."""

    def close(self) -> None:
        """End all that still runs."""


class Processes:
    """Worker processes on this machine, each with its own fork server. They end with this process, by SIGKILL too.

    No executor of the standard library: when a worker dies, theirs cannot tell which job it was doing, and may hang.
    """

    def __init__(self, jobs: int, gpu: bool = False) -> None:
        """gpu: students may use it."""
        self._students = for_students(gpu)
        self._zygote = Zygote("grader.batch.worker", "gpu" if gpu else "")
        self._students.start()  # both at once, and then whoever is forked from them waits for neither
        self._workers = [self._worker() for _ in range(jobs)]
        self._waiting: deque[Job] = deque()
        self._done: dict[str, JobResult | Exception] = {}
        self._deaths: Counter[str] = Counter()

    def submit(self, job: Job) -> str:
        """See `Workers.submit`."""
        self._waiting.append(job)
        self._assign()
        return job.key

    def finish(self, job: Job, future: str) -> JobResult:
        """See `Workers.finish`. Raises what `do` raises."""
        while future not in self._done:
            self._receive()
        done = self._done.pop(future)
        if isinstance(done, Exception):
            raise done
        return done

    def close(self) -> None:
        """See `Workers.close`."""
        for worker in self._workers:
            worker.connection.close()
        self._zygote.close()
        self._students.close()

    def _receive(self) -> None:
        ready = wait([worker.connection for worker in self._workers])
        for index, worker in enumerate(self._workers):
            if worker.connection in ready:
                try:
                    done = worker.connection.recv()
                    self._done[worker.assigned.popleft().key] = done
                except (EOFError, OSError):
                    self._workers[index] = self._replace(worker)
        self._assign()

    def _replace(self, dead: _Worker) -> _Worker:
        """Another one; what the dead one was doing is tried again, once."""
        dead.connection.close()
        if dead.assigned:
            suspect = dead.assigned[0]
            self._deaths[suspect.key] += 1
            if self._deaths[suspect.key] > 1:
                from grader.batch.run_job import (
                    set_aside,  # only workers need the rest of that module, which takes seconds
                )

                self._done[suspect.key] = set_aside(dead.assigned.popleft(), KILLED_TWICE)
        self._waiting.extendleft(reversed(dead.assigned))
        return self._worker()

    def _worker(self) -> _Worker:
        return _Worker(self._zygote, self._students)

    def _assign(self) -> None:
        for load in range(ASSIGNED):
            for worker in self._workers:
                if self._waiting and len(worker.assigned) <= load:
                    worker.give(self._waiting.popleft())


class _Worker:
    """One process and what it has been given, in order."""

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
        except OSError:  # it has died; `_receive` sees that
            return
