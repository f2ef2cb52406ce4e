"""Run jobs in this process; a `JobRunner` owns what they share: fork servers, recorded checks, fixtures."""

from __future__ import annotations

import json
import logging
import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grader.batch.cache import RecordingCache
from grader.batch.job import Job, JobResult, grader_digest
from grader.checking.assignment import Material
from grader.errors import ForkServerError, WallsMissing
from grader.grading.grade import Request, Result, grade, ungraded
from grader.grading.recordings import Memory
from grader.grading.verdict import UNSCORED, Outcome
from grader.sandbox.isolation.bounds import ALL_WALLS, Bounds
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.processes.zygote import Zygote

ATTEMPTS = 2
SET_ASIDE_SECONDS = 120.0  # imports of the new process (5 s), and reading one notebook, whose CPU time is limited
_one_at_a_time = threading.Lock()  # pytest, torch's thread count and its determinism belong to the whole process
log = logging.getLogger(__name__)


class JobRunner:
    """Runs one job after the other. `close` ends its fork servers."""

    def __init__(self, zygote: Zygote | None = None) -> None:
        """zygote: forks this runner's fork servers; None: each fork server starts its own."""
        self._zygote = zygote
        self._servers: dict[tuple[Bounds, bool, bool], ForkServer] = {}
        self._memories: dict[Path, Memory] = {}  # by the folder of their files
        self._fixtures: dict[Any, Any] = {}

    def run(self, job: Job) -> JobResult:
        """Grade one notebook. Raises WallsMissing; after any other fault of the grader a person has to look."""
        begin = time.monotonic()
        walls = reason = ""
        with _one_at_a_time:
            try:
                request = self._request(job)
                for _ in range(ATTEMPTS):
                    server = self.fork_server(job.limits.bounds, without_walls=job.without_walls, gpu=job.gpu)
                    try:
                        walls = str(server.walls())
                        result = grade(request, server.start, self._memory(job))
                    except ForkServerError as error:
                        reason = str(error)
                        server.stop()  # a killed one may take some time to end
                    else:
                        break
                else:
                    result = ungraded(request, reason)
            except WallsMissing:
                raise
            except Exception as error:
                log.exception("the grader failed")
                result = ungraded(_bare_request(job), f"{type(error).__name__}: {error}"[:300])
        return _job_result(result, walls, time.monotonic() - begin)

    def fork_server(
        self, bounds: Bounds | None = None, *, without_walls: bool = False, gpu: bool = False
    ) -> ForkServer:
        """The one for these settings; it is started at the first use."""
        key = bounds or Bounds(), without_walls, gpu
        if key not in self._servers:
            without = ALL_WALLS if without_walls else ()
            self._servers[key] = ForkServer(key[0], without=without, gpu=gpu, zygote=self._zygote)
        return self._servers[key]

    def _memory(self, job: Job) -> Memory:
        folder = job.build / "recordings" / grader_digest(job.assignment)
        return self._memories.setdefault(folder, Memory(RecordingCache(folder)))

    def close(self) -> None:
        """End the fork servers and their processes."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()

    def _request(self, job: Job) -> Request:
        assignment = job.find_assignment()
        data = job.data.path if job.data else None
        return Request(
            submitted=job.submitted,
            release=job.release,
            modules={cell: module for cell in job.cells if (module := assignment.checks_for(cell))},
            files=job.files,
            variables=job.variables,
            read=assignment.student_files(job.build),
            in_place=job.gpu,
            limits=job.limits,
            others=job.others,
            material=Material(job.source, data, job.build, job.device, self._fixtures),
            catalogues={cell: found for cell in job.cells if (found := assignment.catalogue_for(cell))},
            language=job.language,
        )


def set_aside(job: Job, reason: str) -> JobResult:
    """The result of a job whose worker has died twice: a person has to look.

    The submission may have killed them, so a new process reads it. If that process fails, too, the result is made
    from the release alone.
    """
    request, spawn = _bare_request(job), multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    reader = spawn.Process(target=_send_set_aside, args=(sender, request, reason), daemon=True)
    reader.start()
    sender.close()
    try:
        if not receiver.poll(SET_ASIDE_SECONDS):
            raise EOFError
        found: JobResult = receiver.recv()
        return found
    except EOFError:
        return _set_aside(request, reason, read=False)
    finally:
        reader.kill()
        reader.join()
        receiver.close()


def _send_set_aside(sender: Connection, request: Request, reason: str) -> None:
    sender.send(_set_aside(request, reason, read=True))


def _set_aside(request: Request, reason: str, read: bool) -> JobResult:
    return _job_result(ungraded(request, reason, read=read))


def _bare_request(job: Job) -> Request:
    assignment = job.find_assignment()
    modules = {cell: module for cell in job.cells if (module := assignment.checks_for(cell))}
    return Request(job.submitted, job.release, modules, others=job.others, language=job.language)


def _job_result(result: Result, walls: str = "", seconds: float = 0.0) -> JobResult:
    outcomes = {verdict.outcome for verdicts in result.verdicts.values() for verdict in verdicts}
    notebook = json.dumps(result.notebook, ensure_ascii=False)
    undecided = Outcome.UNDECIDED in outcomes
    stopped = undecided or Outcome.TOO_SLOW in outcomes
    return JobResult(notebook, result.notes, walls, seconds, not outcomes & UNSCORED, undecided, stopped)
