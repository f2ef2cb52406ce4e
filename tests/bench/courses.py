"""Build the same class as a course for stock nbgrader and as one for this project; assert that both give full marks."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from grader.assignments.loss_functions import GRADING_BUDGET
from grader.assignments.loss_functions.training.weighted_run import STAND_IN
from tests.bench.meters import Command, run
from tests.helpers.bank import IMAGES, SOURCE, bank
from tests.helpers.course_fixture import ASSIGNMENT, POINTS, RIGHT, hand_in, make_course

CHECKS = Path(__file__).parent / "stock_checks"
CELLS = {cell: float(points) for cell, points in POINTS.items() if cell.endswith("_checks")}
OBSERVATIONS = dict.fromkeys(("iris_observation", "cifar10_observation"), "少ないクラスの再現率が上がりました。")
# nbgrader's work without kernels: notebooks that were executed before are saved again.
SAVING_ONLY_CONFIG = """
from nbgrader import preprocessors
from nbgrader.converters.autograde import Autograde

c = get_config()
for stage in ("sanitize_preprocessors", "autograde_preprocessors"):
    usual = Autograde.class_traits()[stage].default()
    c.Autograde[stage] = [p for p in usual if p not in (preprocessors.Execute, preprocessors.ClearOutput)]
"""


class NotFullMarks(Exception):
    """A right submission got less than full marks, so the measured times are not comparable."""


@dataclass(frozen=True)
class Templates:
    """Courses with the submissions of all students, released but not graded. stock, ours: their folders."""

    stock: Path
    ours: Path
    students: tuple[str, ...]


def build(place: Path, submissions: int) -> Templates:
    """Build both courses, with the same submissions: right answers of the bank in many styles. Raises CommandFailed."""
    ours, stock = make_course(place / "ours"), place / "stock"
    styles = {cell: [a.name for a in bank() if a.folder == cell and a.right] for cell in RIGHT}
    students = tuple(f"student{number:03d}" for number in range(submissions))
    for number, student in enumerate(students):
        hand_in(ours, student, {c: names[number % len(names)] for c, names in styles.items()}, texts=OBSERVATIONS)
    shutil.copytree(ours.root / "submitted", stock / "submitted")
    source = stock / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    for path in sorted(SOURCE.glob("*.ipynb")):
        (source / path.name).write_text(with_checks(path))
    run(nbgrader(stock, "generate_assignment"))
    return Templates(stock, ours.root, students)


def with_checks(path: Path) -> str:
    """Return the instructor's notebook with hidden tests in its checks cells, as nbgrader needs them."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id in CELLS:
            hidden = [run_standard(), (CHECKS / "common.py").read_text(), (CHECKS / f"{cell.id}.py").read_text()]
            cell.source = "\n".join(["### BEGIN HIDDEN TESTS", *hidden, "### END HIDDEN TESTS"])
    return str(nbformat.writes(notebook))


def run_standard() -> str:
    """Return code with epochs and thresholds of the training run in the checks cell: the same as in our trusted run."""
    return f"RUN_EPOCHS, RUN_GAP, RUN_RECALL = {astuple(STAND_IN)!r}\n"


def copy(template: Path, root: Path, students: Sequence[str]) -> Path:
    """Copy a course with the submissions of these students only."""
    shutil.copytree(template, root, ignore=shutil.ignore_patterns("submitted"))
    for student in students:
        shutil.copytree(template / "submitted" / student, root / "submitted" / student)
    return root


def executed(template: Path, graded: Path, root: Path, students: Sequence[str]) -> Path:
    """Make a stock course of executed notebooks, which nbgrader only has to save. graded: the course that ran them."""
    copy(template, root, ())
    for student in students:
        shutil.copytree(graded / "autograded" / student, root / "submitted" / student)
    (root / "nbgrader_config.py").write_text(SAVING_ONLY_CONFIG)
    return root


def nbgrader(course: Path, command: str, *options: str, **variables: str) -> Command:
    """`nbgrader COMMAND loss_functions …` in a course, without the user's settings. variables: of the environment."""
    scripts = Path(sys.executable).parent
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTEST", "COV"))}
    environment |= {f"JUPYTER_{kind}_DIR": str(course / ".jupyter") for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment |= GRADING_BUDGET | {"LOSS_FUNCTIONS_IMAGES": str(IMAGES), "CUDA_VISIBLE_DEVICES": ""}
    environment["PATH"] = os.pathsep.join([str(scripts), environment.get("PATH", os.defpath)])
    return Command((str(scripts / "nbgrader"), command, ASSIGNMENT, *options), course, environment | variables)


def assert_full_marks(course: Path) -> None:
    """Raise NotFullMarks if a checks cell of a submission does not have all its points."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for path in sorted((course / "submitted").iterdir()):
            notebooks = gradebook.find_submission(ASSIGNMENT, path.name).notebooks
            scores = {g.name: g.auto_score for n in notebooks for g in n.grades if g.name in CELLS}
            if scores != CELLS:
                wrong = {name: scores.get(name) for name in CELLS if scores.get(name) != CELLS[name]}
                raise NotFullMarks(f"{course.name}: {path.name} has {wrong}")
