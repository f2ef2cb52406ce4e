"""The same class as a course for stock nbgrader and as one for ours; copies of both, and whether they graded alike."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from grader.assignments.loss_functions.training.solution import GRADING_BUDGET
from grader.assignments.loss_functions.training.weighted_run import STAND_IN
from tests.bench.meters import Command, run
from tests.helpers.bank import IMAGES, SOURCE, bank
from tests.helpers.course_fixture import ASSIGNMENT, POINTS, RIGHT, hand_in, make_course

CHECKS = Path(__file__).parent / "stock_checks"
CELLS = {cell: float(points) for cell, points in POINTS.items() if cell.endswith("_checks")}
OBSERVED = dict.fromkeys(("iris_observation", "cifar10_observation"), "少ないクラスの再現率が上がりました。")
# nbgrader's own work but for the kernels: what was executed before is saved once more.
SAVING = """
from nbgrader import preprocessors
from nbgrader.converters.autograde import Autograde

c = get_config()
for stage in ("sanitize_preprocessors", "autograde_preprocessors"):
    usual = Autograde.class_traits()[stage].default()
    c.Autograde[stage] = [p for p in usual if p not in (preprocessors.Execute, preprocessors.ClearOutput)]
"""


class NotAlike(Exception):
    """A side gave a right submission less than full marks: what it took says nothing then."""


@dataclass(frozen=True)
class Templates:
    """Courses with everybody's submission, released and not graded yet."""

    stock: Path
    ours: Path
    students: tuple[str, ...]


def build(place: Path, submissions: int) -> Templates:
    """Both courses: right answers of the bank in many styles, the same files for both. Raises CommandFailed."""
    ours, stock = make_course(place / "ours"), place / "stock"
    styles = {cell: [a.name for a in bank() if a.folder == cell and a.right] for cell in RIGHT}
    students = tuple(f"student{number:03d}" for number in range(submissions))
    for number, student in enumerate(students):
        hand_in(ours, student, {c: names[number % len(names)] for c, names in styles.items()}, texts=OBSERVED)
    shutil.copytree(ours.root / "submitted", stock / "submitted")
    source = stock / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    for path in sorted(SOURCE.glob("*.ipynb")):
        (source / path.name).write_text(with_checks(path))
    run(nbgrader(stock, "generate_assignment"))
    return Templates(stock, ours.root, students)


def with_checks(path: Path) -> str:
    """The instructor's notebook with the checks inside its checks cells, as nbgrader wants them: hidden tests."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id in CELLS:
            hidden = [standard(), (CHECKS / "common.py").read_text(), (CHECKS / f"{cell.id}.py").read_text()]
            cell.source = "\n".join(["### BEGIN HIDDEN TESTS", *hidden, "### END HIDDEN TESTS"])
    return str(nbformat.writes(notebook))


def standard() -> str:
    """What the training run in the cell has to reach, and how long it trains: as on our side."""
    return f"RUN_EPOCHS, RUN_GAP, RUN_RECALL = {astuple(STAND_IN)!r}\n"


def copy(template: Path, root: Path, students: Sequence[str]) -> Path:
    """A fresh course with these students' submissions."""
    shutil.copytree(template, root, ignore=shutil.ignore_patterns("submitted"))
    for student in students:
        shutil.copytree(template / "submitted" / student, root / "submitted" / student)
    return root


def executed(template: Path, graded: Path, root: Path, students: Sequence[str]) -> Path:
    """A stock course whose submissions have all outputs already: all that is left to do is nbgrader's own saving."""
    copy(template, root, ())
    for student in students:
        shutil.copytree(graded / "autograded" / student, root / "submitted" / student)
    (root / "nbgrader_config.py").write_text(SAVING)
    return root


def nbgrader(course: Path, command: str, *options: str, **variables: str) -> Command:
    """`nbgrader COMMAND loss_functions …` in that course, without the settings of whoever runs this, with these."""
    beside = Path(sys.executable).parent
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTEST", "COV"))}
    environment |= {f"JUPYTER_{kind}_DIR": str(course / ".jupyter") for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment |= GRADING_BUDGET | {"LOSS_FUNCTIONS_IMAGES": str(IMAGES), "CUDA_VISIBLE_DEVICES": ""}
    environment["PATH"] = os.pathsep.join([str(beside), environment.get("PATH", os.defpath)])
    return Command((str(beside / "nbgrader"), command, ASSIGNMENT, *options), course, environment | variables)


def assert_full_marks(course: Path) -> None:
    """Every checks cell of every submission was run and has all its points. Raises NotAlike."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for path in sorted((course / "submitted").iterdir()):
            notebooks = gradebook.find_submission(ASSIGNMENT, path.name).notebooks
            scores = {g.name: g.auto_score for n in notebooks for g in n.grades if g.name in CELLS}
            if scores != CELLS:
                odd = {name: scores.get(name) for name in CELLS if scores.get(name) != CELLS[name]}
                raise NotAlike(f"{course.name}: {path.name} has {odd}")
