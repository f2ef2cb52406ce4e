"""The three solved notebooks show in our shell what they show in a real kernel."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.assignments.loss_functions import GRADING_BUDGET
from grader.assignments.loss_functions.training.images import stand_in
from grader.grading.grade import Request, grade
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.processes.zygote import STUDENT_ENVIRONMENT
from tests.helpers.kernel_outputs import normalised, with_picture_sizes

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "source" / "loss_functions"


@pytest.mark.parametrize("name", ["losses", "iris", "imbalanced_cifar10"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_same_as_a_kernel(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (SOURCE / f"{name}.ipynb").read_bytes()
    images = str(stand_in(PROJECT / "build" / "stand-in.npy"))
    variables = {**GRADING_BUDGET, "LOSS_FUNCTIONS_IMAGES": images}
    server = ForkServer()
    ours = grade(Request(source, source, {}, (), variables, (Path(images),)), server.start).notebook
    server.close()
    theirs = nbformat.reads(source.decode(), as_version=4)
    for variable, value in {**variables, **STUDENT_ENVIRONMENT, "PATH": os.environ["PATH"]}.items():
        monkeypatch.setenv(variable, value)
    NotebookClient(
        theirs, resources={"metadata": {"path": str(tmp_path)}}, timeout=120, kernel_name="python3"
    ).execute()
    for mine, real in zip(ours.cells, theirs.cells, strict=True):
        if mine.cell_type == "code":
            assert mine.execution_count == real.execution_count, mine.id
            assert with_picture_sizes(normalised(mine.outputs)) == with_picture_sizes(normalised(real.outputs)), mine.id
