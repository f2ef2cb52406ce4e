"""Finished results by content, one file each: what has been graded once is never graded again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from grader.batch.job import Job, JobResult

UTF_8 = "utf-8", "surrogatepass"  # whatever text a cell shows must not stop a run


class Results:
    """folder: where they are kept, between runs and for all of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, job: Job) -> bool:
        """Whether there is a file for it, whole or not: reading one takes milliseconds."""
        return self._path(job).exists()

    def find(self, job: Job) -> JobResult | None:
        """None too for a file that is not whole."""
        try:
            header, _, notebook = self._path(job).read_bytes().decode(*UTF_8).partition("\n")
            known = json.loads(header)
            if known.pop("characters") == len(notebook):
                return JobResult(notebook, **known | {"notes": tuple(known["notes"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        return None

    def keep(self, job: Job, done: JobResult) -> None:
        """Written whole or not at all; what may come out otherwise another time is not kept. Raises OSError.

        A line of JSON on it, then the notebook, which is JSON itself and need not be parsed twice.
        """
        if not done.lasting:
            return
        path = self._path(job)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        known = asdict(done) | {"characters": len(done.notebook)}
        notebook = known.pop("notebook")
        unfinished.write_bytes(f"{json.dumps(known)}\n{notebook}".encode(*UTF_8))
        unfinished.replace(path)

    def _path(self, job: Job) -> Path:
        return self._folder / job.key[:2] / f"{job.key}.json"
