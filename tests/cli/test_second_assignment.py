"""The engine knows no assignment: a second one is a folder of checks and a notebook, graded by the same commands."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.submission.match import grade_id
from tests.helpers.loss_functions import PROJECT
from tests.helpers.project_copy import copy_project, run

SECOND = PROJECT / "tests" / "second_assignment"
ID = "mean_squared_error"
ANSWERS = {
    "right": {
        "mean_squared_error": "def mean_squared_error(p, t):\n    return (p - t).square().mean()",
        "gradient": "def gradient(p, t):\n    return 2 * (p - t) / p.numel()",
    },
    "sums": {
        "mean_squared_error": "def mean_squared_error(p, t):\n    return ((p - t) ** 2).sum()",
        "gradient": "def gradient(p, t):\n    return 2 * (p - t)",
    },
    "example_only": {"mean_squared_error": "def mean_squared_error(p, t):\n    return torch.tensor(1.25 / 3)"},
    "empty": {},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this project with the second assignment in it, as docs/your-own-assignment.md says."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    shutil.copytree(SECOND / ID, project / "grader" / "assignments" / ID)
    shutil.copytree(SECOND / "source", project / "source")
    run(project, "release", "--assignment", ID)
    for student, answers in ANSWERS.items():
        folder = project / "submitted" / student / ID
        folder.mkdir(parents=True)
        notebook = nbformat.read(project / "release" / ID / "regression.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = answers.get(grade_id(cell), cell.source)
        nbformat.write(notebook, folder / "regression.ipynb")
    run(project, "grade", "--assignment", ID)
    return project


def test_the_release_is_without_solutions(project: Path) -> None:
    release = (project / "release" / ID / "regression.ipynb").read_text()
    assert "NotImplementedError" in release
    assert "** 2).mean()" not in release


def test_grades(project: Path) -> None:
    table = (project / "grades.csv").read_text(encoding="utf-8-sig")
    rows = {row["student_id"]: row for row in csv.DictReader(table.splitlines())}
    scores = {name: (row["mean_squared_error_checks"], row["gradient_checks"]) for name, row in rows.items()}
    assert scores == {"right": ("2", "2"), "sums": ("0", "0"), "example_only": ("1", "0"), "empty": ("0", "0")}


def test_feedback_has_the_smallest_example(project: Path) -> None:
    page = (project / "feedback" / "sums" / ID / "regression.html").read_text()
    assert "The gradient is 2 (p − t) / N." in page
    assert "gradient([0, 0], [0, 0.25]) → [0, -0.5]" in page
    assert "正しくは [0, -0.25]" in page


def test_a_mistake_in_its_own_catalogue_is_named(project: Path) -> None:
    page = (project / "feedback" / "sums" / ID / "regression.html").read_text()
    assert "The squares are added up, but not divided by N." in page
    right = (project / "feedback" / "right" / ID / "regression.html").read_text()
    assert "The squares" not in right


def test_publish(project: Path) -> None:
    run(project, "publish", "--assignment", ID)
    assert {path.name for path in (project / "build" / "publish").iterdir()} == {"regression.ipynb", "requirements.txt"}


def test_its_checks_are_plain_pytest(project: Path) -> None:
    """Against the instructor's own notebook."""
    checks = project / "grader" / "assignments" / ID / "checks"
    modules = [str(checks / "mean_squared_error.py"), str(checks / "gradient.py")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *modules]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_the_documentation_shows_its_files() -> None:
    text = (PROJECT / "docs" / "your-own-assignment.md").read_text()
    assert (SECOND / ID / "checks" / "gradient.py").read_text() in text
    assert "ASSIGNMENT = Assignment(Path(__file__).parent" in text
    for command in ("release", "publish", "grade"):
        assert f"-m grader {command} --assignment {ID}" in text
