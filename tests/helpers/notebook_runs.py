"""Run a notebook of the assignment as a student does, and keep what its cells show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from grader.assignments.loss_functions import IMAGES_VARIABLE
from grader.assignments.loss_functions.training.images import stand_in
from grader.sandbox.processes.client import ForkServer
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from tests.helpers.loss_functions import BUDGET, IMAGES, SOURCE


class Run:
    """A notebook in a student's process. printed, pictures: by cell id. failed: ids of cells that raised.

    sources: cells to replace or to add, by id. folder: of the notebook.
    """

    def __init__(
        self, server: ForkServer, name: str, sources: Mapping[str, str] | None = None, folder: Path = SOURCE
    ) -> None:
        self.printed: dict[str, str] = {}
        self.failed: list[str] = []
        self.pictures: dict[str, list[str]] = {}
        stand_in(IMAGES)
        inline = {**BUDGET, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        with server.start((), inline, {IMAGES_VARIABLE: IMAGES}) as process:
            channel = PipeChannel(process, Limits())
            for cell in nbformat.read(folder / f"{name}.ipynb", as_version=4).cells:
                if cell.cell_type == "code" and not cell.id.endswith("_checks"):
                    self._run(channel, cell.id, (sources or {}).get(cell.id, cell.source))
            for cell_id in set(sources or {}) - set(self.printed):
                self._run(channel, cell_id, (sources or {})[cell_id])

    def _run(self, channel: PipeChannel, cell_id: str, source: str) -> None:
        reply, stopped = channel.run(source)
        assert not stopped, cell_id
        outputs: list[dict[str, Any]] = json.loads(reply["shown"])["outputs"]
        self.printed[cell_id] = "".join(output.get("text", "") for output in outputs)
        if any(output["output_type"] == "error" for output in outputs):
            self.failed.append(cell_id)
        self.pictures[cell_id] = [png for output in outputs if (png := output.get("data", {}).get("image/png"))]

    def lines(self, mark: str) -> list[str]:
        """The printed lines that begin with this mark."""
        return [line for text in self.printed.values() for line in text.splitlines() if line.startswith(mark)]
