"""Create courses in temporary folders: the real notebooks, submissions from the answer bank, the real nbgrader."""

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
# grade_id → points, as students are told; in the order of the gradebook
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
# A PNG of one red pixel, as an output of a student's own run of a figure cell.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


def make_course(root: Path, notebooks: Sequence[str] = NOTEBOOKS, config: str = "") -> Course:
    """Create a course with these notebooks, and release it. config: lines to append to nbgrader_config.py."""
    course = _course(root, notebooks, config)
    course.build_release()
    return course


def fresh_course(root: Path) -> Course:
    """A course with one notebook as it is after `git clone`: with a release, without a gradebook."""
    course = _course(root, ["losses"], "")
    course.folder("release").mkdir(parents=True)
    shutil.copy(PROJECT / "release" / ASSIGNMENT / "losses.ipynb", course.folder("release"))
    return course


def _course(root: Path, notebooks: Sequence[str], config: str) -> Course:
    source = root / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    for name in notebooks:
        shutil.copy(SOURCE / f"{name}.ipynb", source)
    (root / "build").mkdir()
    for path in stand_in(IMAGES).parent.glob("stand-in.*"):  # generated once for all courses
        shutil.copy(path, root / "build")
    (root / "nbgrader_config.py").write_text((PROJECT / "nbgrader_config.py").read_text() + config)
    return Course(root, ASSIGNMENT)


def bank_source(cell: str, answer: str) -> str:
    """Return the source of an answer in the bank (tests/answers/<cell>/<answer>.py)."""
    return (ANSWERS / cell / f"{answer}.py").read_text()


def filled(release: Path, cells: Mapping[str, str], outputs: Mapping[str, list[NotebookNode]] | None = None) -> str:
    """Return a released notebook with the sources and outputs of some cells replaced, both by cell id."""
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
    """Write a submission and return its folder.

    answers: cell id → name of an answer in the bank. texts: cell id → source, which takes precedence. outputs: by cell
    id. notebooks: names; None means all.
    """
    folder = course.folder("submitted", student)
    folder.mkdir(parents=True, exist_ok=True)
    cells = {cell: bank_source(cell, answer) for cell, answer in answers.items()} | dict(texts or {})
    for release in sorted(course.folder("release").glob("*.ipynb")):
        if notebooks is None or release.stem in notebooks:
            (folder / release.name).write_text(filled(release, cells, outputs))
    return folder


def autograde(course: Course, student: str) -> str:
    """Grade one submission; → "" or the reason why there is no grade."""
    reasons: dict[str, str] = {}
    course.autograde_all({student}, reasons.__setitem__)
    return reasons[student]


def command(
    *arguments: str, cwd: Path, variables: Mapping[str, Any] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command of this environment, such as `nbgrader`, without this process's Jupyter and pytest settings.

    variables: of the environment, besides.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTEST", "COV"))}
    scripts = str(Path(sys.executable).parent)
    environment |= {"PATH": os.pathsep.join([scripts, os.environ["PATH"]]), "JUPYTER_CONFIG_DIR": str(cwd / ".jupyter")}
    environment |= {name: str(value) for name, value in (variables or {}).items()}
    return subprocess.run(arguments, cwd=cwd, env=environment, capture_output=True, text=True, **options)
