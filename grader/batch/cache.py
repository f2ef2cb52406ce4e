"""What one run leaves for the next: results by content, so that no notebook is graded twice, and recorded checks."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from grader.batch.job import Job, JobResult
from grader.checking.atomic import atomic_write

UTF_8 = "utf-8", "surrogatepass"  # outputs may hold lone surrogates, which strict UTF-8 refuses


class ResultCache:
    """folder: shared by all runs of a course."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, job: Job) -> bool:
        """Whether there is a file for the job. It may be incomplete: reading it would take milliseconds."""
        return self._path(job).exists()

    def find(self, job: Job) -> JobResult | None:
        """None also for a file that cannot be read."""
        try:
            header, _, notebook = self._path(job).read_bytes().decode(*UTF_8).partition("\n")
            fields = json.loads(header)
            if fields.pop("characters") == len(notebook):
                return JobResult(notebook, **fields | {"notes": tuple(fields["notes"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        return None

    def add(self, job: Job, result: JobResult) -> None:
        """Keep a cacheable result. Raises OSError.

        The file has a line of JSON, then the notebook, which is JSON itself and need not be parsed twice.
        """
        if result.cacheable:
            fields = asdict(result) | {"characters": len(result.notebook)}
            notebook = fields.pop("notebook")
            atomic_write(self._path(job), f"{json.dumps(fields)}\n{notebook}".encode(*UTF_8))

    def _path(self, job: Job) -> Path:
        return self._folder / job.key[:2] / f"{job.key}.json"


class RecordingCache:
    """What `grading.recordings.Memory` stores: one small file each.

    folder: of all processes with the same code and libraries (`job.grader_digest`).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, name: str) -> bytes | None:
        """None also for a file that cannot be read."""
        with suppress(OSError):
            return (self._folder / name).read_bytes()
        return None

    def add(self, name: str, content: bytes) -> None:
        """Does nothing where a file cannot be written: its content is computed again then."""
        with suppress(OSError):
            atomic_write(self._folder / name, content)
