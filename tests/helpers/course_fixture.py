"""A course in a temporary folder: real sources, submissions filled in from the answer bank, real nbgrader on top."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.assignments.loss_functions.training.images import stand_in
from grader.nbgrader_plugin.course import PROJECT, Course
from tests.helpers.bank import ANSWERS, IMAGES, SOURCE

ASSIGNMENT = "loss_functions"
NOTEBOOKS = ("imbalanced_cifar10", "iris", "losses")
# grade_id → its points; the contract's table, in the order of the gradebook
POINTS = {
    "inverse_ratio_weights_checks": 2,
    "weighted_criterion_checks": 3,
    "weighted_run_checks": 4,
    "cifar10_observation": 2,
    "iris_hookup_checks": 4,
    "iris_observation": 2,
    "softmax_checks": 3,
    "cross_entropy_checks": 4,
}
LOSSES = {"softmax": "functional", "cross_entropy": "functional"}
IRIS = {"iris_hookup": "logits_and_torch_loss"}
CIFAR10 = {"inverse_ratio_weights": "reciprocal_of_tensor", "weighted_criterion": "module_with_weight"}
RIGHT = LOSSES | IRIS | CIFAR10
# A picture of one red pixel: what a student's own run of a figure cell has left in the notebook.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


def make_course(root: Path, notebooks: Sequence[str] = NOTEBOOKS, config: str = "") -> Course:
    """A course with those notebooks, released. config: lines after the project's own nbgrader_config.py."""
    source = root / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    for name in notebooks:
        shutil.copy(SOURCE / f"{name}.ipynb", source)
    (root / "build").mkdir()
    for path in stand_in(IMAGES).parent.glob("stand-in.*"):  # made once for all courses
        shutil.copy(path, root / "build")
    (root / "nbgrader_config.py").write_text((PROJECT / "nbgrader_config.py").read_text() + config)
    course = Course(root, ASSIGNMENT)
    course.build_release()
    return course


def bank_source(cell: str, answer: str) -> str:
    """An answer of the bank as a student would have typed it."""
    return (ANSWERS / cell / f"{answer}.py").read_text()


def filled(release: Path, cells: Mapping[str, str], outputs: Mapping[str, list[NotebookNode]] | None = None) -> str:
    """A released notebook with these texts in its cells, and these outputs, both by cell id."""
    notebook = nbformat.read(release, as_version=4)
    for cell in notebook.cells:
        cell.source = cells.get(cell.id, cell.source)
        if outputs and cell.id in outputs:
            cell.outputs = outputs[cell.id]
    return str(nbformat.writes(notebook))


def hand_in(
    course: Course,
    student: str,
    answers: Mapping[str, str],
    notebooks: Sequence[str] | None = None,
    texts: Mapping[str, str] | None = None,
    outputs: Mapping[str, list[NotebookNode]] | None = None,
) -> Path:
    """A submission: answers of the bank by cell, other texts by cell; → its folder."""
    folder = course.folder("submitted", student)
    folder.mkdir(parents=True, exist_ok=True)
    cells = {cell: bank_source(cell, answer) for cell, answer in answers.items()} | dict(texts or {})
    for release in sorted(course.folder("release").glob("*.ipynb")):
        if notebooks is None or release.stem in notebooks:
            (folder / release.name).write_text(filled(release, cells, outputs))
    return folder


def command(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """A command of this environment, such as `nbgrader`, without the settings of whoever runs the tests."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTEST", "COV"))}
    beside = str(Path(sys.executable).parent)
    environment |= {"PATH": os.pathsep.join([beside, os.environ["PATH"]]), "JUPYTER_CONFIG_DIR": str(cwd / ".jupyter")}
    return subprocess.run(arguments, cwd=cwd, env=environment, capture_output=True, text=True, **options)
