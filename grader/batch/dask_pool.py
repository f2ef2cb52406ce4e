"""Workers on a Dask cluster (`distributed`, an extra). Bytes travel there, results come back: no shared file system."""

# mypy: disable-error-code="no-untyped-call"
# (distributed is typed in part only.)
from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from grader.assignments.loss_functions.training.images import copy_prepared, manifest_of
from grader.batch import job as here
from grader.batch.job import Job, JobResult
from grader.batch.process_pool import KILLED_TWICE
from grader.batch.run_job import run_job, set_aside
from grader.errors import UserError, WallsMissing
from grader.sandbox.isolation.bounds import ALL
from grader.sandbox.isolation.probe import probe

CONNECT_SECONDS = 20
LOST = "The scheduler at {} does not answer any more. Nothing of what has been graded is lost: run this again."
ELSEWHERE_SECONDS = 0.5  # before a worker that lacks the walls gives a job back


class Cluster:
    """Workers that a scheduler knows, however many and from whenever on."""

    def __init__(self, scheduler: str, without_walls: bool) -> None:
        """scheduler: such as tcp://host:8786. Raises UserError, WallsMissing where no worker can shut students in."""
        try:
            from distributed import Client
        except ImportError:
            raise UserError("A cluster needs `distributed`: pip install 'loss-functions-grader[cluster]'.") from None
        try:
            self._client: Any = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise UserError(
                f"No scheduler with workers answers at {scheduler}: {error}. See docs/cluster.md."
            ) from None
        self._scheduler = scheduler
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # pages, where one line of ours says it
        missing = self._client.run(missing_here, without_walls)
        if all(missing.values()):
            raise WallsMissing("; ".join(f"{worker}: {why}" for worker, why in missing.items()))
        self._images: dict[str, Any] = {}

    def submit(self, job: Job) -> Any:
        """See `Workers.submit`. Raises UserError where the scheduler has ended."""
        if self._client.status != "running":
            raise UserError(LOST.format(self._scheduler))
        if job.digest not in self._images:  # once for a run; the cluster keeps it
            content = None if job.stands_in else (job.images.read_bytes(), manifest_of(job.images))
            self._images[job.digest] = self._client.scatter(content, broadcast=True, hash=False)
        return self._client.submit(do_there, job, here.code(), self._images[job.digest], pure=False)

    def finish(self, job: Job, future: Any) -> JobResult:
        """Dask tries elsewhere where a worker dies; what kills several is set aside.

        Raises UserError where the scheduler has ended, or a worker has another version of the grader.
        """
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            done: JobResult = future.result()
            return done
        except KilledWorker:
            return set_aside(job, KILLED_TWICE)
        except FutureCancelledError:
            raise UserError(LOST.format(self._scheduler)) from None

    def close(self) -> None:
        """See `Workers.close`."""
        self._client.close()


def missing_here(without_walls: bool) -> str:
    """On a worker: why nothing of a student's may run there, or ""."""
    return "; ".join(probe(ALL if without_walls else ()).essential_missing)


def do_there(job: Job, code: str, images: tuple[bytes, Any] | None) -> JobResult:
    """`run_job` on a machine of the cluster, in a folder of its own. Raises UserError for another version of it.

    A worker that lacks the walls gives the job back, for another one to take.
    """
    from distributed import Reschedule

    if code != here.code():
        raise UserError("A worker of the cluster has another version of the grader: install the same on all machines.")
    build = Path(tempfile.gettempdir()) / f"loss-functions-grader-{os.getuid()}"
    build.mkdir(mode=0o755, exist_ok=True)
    path = build / here.STAND_IN_NAME
    if images:
        path = build / f"{hashlib.sha256(job.digest.encode()).hexdigest()[:16]}.npy"
        with FileLock(path.with_suffix(".lock")):
            copy_prepared(*images, path)
    try:
        return run_job(replace(job, build=build, images=path))
    except WallsMissing:
        time.sleep(ELSEWHERE_SECONDS)
        raise Reschedule from None
