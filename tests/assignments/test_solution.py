"""The three solved notebooks give the same outputs in our shell as in a real Jupyter kernel."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.assignments.loss_functions import GRADING_BUDGET, IMAGES_VARIABLE
from grader.assignments.loss_functions.training.images import stand_in
from grader.grading.grade import Request, grade
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.processes.zygote import STUDENT_ENVIRONMENT
from tests.helpers.course_fixture import NOTEBOOKS
from tests.helpers.kernel_outputs import normalised, with_picture_sizes
from tests.helpers.loss_functions import IMAGES, SOURCE


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_solved_notebook_has_the_outputs_of_a_real_kernel(
    name: str, server: ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (SOURCE / f"{name}.ipynb").read_bytes()
    images = str(stand_in(IMAGES))
    variables = {**GRADING_BUDGET, IMAGES_VARIABLE: images}
    from_shell = grade(
        Request(source, source, {}, (), GRADING_BUDGET, {IMAGES_VARIABLE: Path(images)}), server.start
    ).notebook
    from_kernel = nbformat.reads(source.decode(), as_version=4)
    for variable, value in {**variables, **STUDENT_ENVIRONMENT, "PATH": os.environ["PATH"]}.items():
        monkeypatch.setenv(variable, value)
    NotebookClient(
        from_kernel, resources={"metadata": {"path": str(tmp_path)}}, timeout=120, kernel_name="python3"
    ).execute()
    for cell, expected in zip(from_shell.cells, from_kernel.cells, strict=True):
        if cell.cell_type == "code":
            assert cell.execution_count == expected.execution_count, cell.id
            outputs, expected_outputs = (with_picture_sizes(normalised(c.outputs)) for c in (cell, expected))
            assert outputs == expected_outputs, cell.id
