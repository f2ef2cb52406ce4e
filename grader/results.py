"""Finished results by content, one file each: what has been graded once is never graded again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from grader.work import Done, Work

UTF_8 = "utf-8", "surrogatepass"  # whatever text a cell shows must not stop a run


class Results:
    """folder: where they are kept, between runs and for all of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, work: Work) -> bool:
        """Whether there is a file for it, whole or not: reading one takes milliseconds."""
        return self._path(work).exists()

    def find(self, work: Work) -> Done | None:
        """None too for a file that is not whole."""
        try:
            header, _, notebook = self._path(work).read_bytes().decode(*UTF_8).partition("\n")
            known = json.loads(header)
            if known.pop("characters") == len(notebook):
                return Done(notebook, **known | {"notes": tuple(known["notes"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        return None

    def keep(self, work: Work, done: Done) -> None:
        """Written whole or not at all; what may come out otherwise another time is not kept. Raises OSError.

        A line of JSON on it, then the notebook, which is JSON itself and need not be parsed twice.
        """
        if not done.lasting:
            return
        path = self._path(work)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        known = asdict(done) | {"characters": len(done.notebook)}
        notebook = known.pop("notebook")
        unfinished.write_bytes(f"{json.dumps(known)}\n{notebook}".encode(*UTF_8))
        unfinished.replace(path)

    def _path(self, work: Work) -> Path:
        return self._folder / work.key[:2] / f"{work.key}.json"
