"""A worker pool on a Dask cluster (`distributed`, an extra). Bytes travel; no shared file system is needed."""

# mypy: disable-error-code="no-untyped-call"
# (distributed is typed in part only.)
from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from grader.batch.job import Job, JobResult, code_digest
from grader.batch.process_pool import KILLED_TWICE
from grader.batch.run_job import JobRunner, set_aside
from grader.checking.atomic import atomic_write
from grader.errors import UserError, WallsMissing
from grader.sandbox.isolation.bounds import ALL_WALLS
from grader.sandbox.isolation.probe import probe

CONNECT_SECONDS = 20
LOST = "The scheduler at {} does not answer any more. Finished results are kept: run this again."
RESCHEDULE_SECONDS = 0.5  # pause of a worker without walls before it returns a job to the scheduler
DataFiles = list[tuple[str, bytes]]  # (name, content)


class DaskPool:
    """All workers of a scheduler, also those that join later."""

    def __init__(self, scheduler: str, without_walls: bool) -> None:
        """scheduler: such as tcp://host:8786. Raises UserError; WallsMissing where no worker can sandbox students."""
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
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # pages of text where LOST is one line
        missing = self._client.run(missing_walls, without_walls)
        if all(missing.values()):
            raise WallsMissing("; ".join(f"{worker}: {why}" for worker, why in missing.items()))
        self._data: dict[str, Any] = {}  # digest of a data file → its content on the cluster

    def submit(self, job: Job) -> Any:
        """See `WorkerPool.submit`. Raises UserError where the scheduler has ended."""
        if self._client.status != "running":
            raise UserError(LOST.format(self._scheduler))
        digest = job.data.sha256 if job.data else ""
        if digest not in self._data:  # sent once a run
            (self._data[digest],) = self._client.scatter([_data_files(job)], broadcast=True, hash=False)
        return self._client.submit(run_on_worker, job, code_digest(), self._data[digest], pure=False)

    def finish(self, job: Job, future: Any) -> JobResult:
        """See `WorkerPool.finish`: Dask retries on other workers; a job that kills several of them is set aside.

        Raises UserError where the scheduler has ended, or a worker has another version of the grader.
        """
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            result: JobResult = future.result()
            return result
        except KilledWorker:
            return set_aside(job, KILLED_TWICE)
        except FutureCancelledError:
            raise UserError(LOST.format(self._scheduler)) from None

    def close(self) -> None:
        """See `WorkerPool.close`."""
        self._client.close()


def _data_files(job: Job) -> DataFiles:
    """The job's data file and its companions; none where every machine generates them."""
    if job.data is None or job.data.generated:
        return []
    return [(path.name, path.read_bytes()) for path in (job.data.path, *job.data.companions)]


def missing_walls(without_walls: bool) -> str:
    """On a worker: why students' code may not run there, or ""."""
    return "; ".join(probe(ALL_WALLS if without_walls else ()).essential_missing)


@cache
def worker_runner() -> JobRunner:
    """On a worker: one for all its jobs. Its fork servers end with the process."""
    return JobRunner()


def run_on_worker(job: Job, code: str, data: DataFiles) -> JobResult:
    """On a worker: run a job, with data files in a folder of this machine.

    code: see `code_digest`. Raises UserError where this machine has another version. A worker without walls returns
    the job to the scheduler.
    """
    from distributed import Reschedule

    if code != code_digest():
        raise UserError("A worker of the cluster has another version of the grader: install the same on all machines.")
    build = Path(tempfile.gettempdir()) / f"loss-functions-grader-{os.getuid()}"
    build.mkdir(mode=0o755, exist_ok=True)
    if job.data:
        folder = build
        if data:
            folder = build / hashlib.sha256(job.data.sha256.encode()).hexdigest()[:16]
            _unpack(data, folder)
        job = replace(job, data=replace(job.data, path=folder / job.data.path.name))
    try:
        return worker_runner().run(replace(job, build=build))
    except WallsMissing:
        time.sleep(RESCHEDULE_SECONDS)
        raise Reschedule from None


def _unpack(data: DataFiles, folder: Path) -> None:
    """Write the files unless they are there. The last one (a manifest) completes the others."""
    last, content = data[-1]
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / last).is_file() or (folder / last).read_bytes() != content:
            for name, file in data:
                atomic_write(folder / name, file)
