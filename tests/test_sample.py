"""The sample class: answers of the bank through nbgrader, real student processes and the gradebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from grader import sample
from grader.class_run import grade_class
from grader.course import Course
from grader.grades import Row
from tests.bank import bank

pytestmark = pytest.mark.xdist_group("sample")
SCORES = {(answer.folder, answer.name): answer.score for answer in bank()}
INDEPENDENT = ("softmax", "cross_entropy", "iris_hookup", "inverse_ratio_weights")  # of the other cells' answers


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    course = Course(tmp_path_factory.mktemp("sample"), "loss_functions")
    sample.build(course)
    with Console(file=(course.root / "log").open("w")).file as log:
        return {row.student: row for row in grade_class(course, Console(file=log))}


def test_it_is_a_class() -> None:
    assert len(sample.CLASS) >= 12


@pytest.mark.parametrize("student", sample.CLASS)
def test_scores_are_those_of_the_bank(graded: dict[str, Row], student: str) -> None:
    answers, observation = sample.CLASS[student]
    scores = graded[student].scores
    for cell, answer in zip(sample.CELLS, answers, strict=True):
        if cell in INDEPENDENT:
            assert scores[f"{cell}_checks"] == (SCORES[cell, answer] if answer else 0.0), cell
    right = all(
        SCORES[cell, answer] == full for cell, answer, full in zip(sample.CELLS, answers, FULL, strict=True) if answer
    )
    if right and all(answers):
        assert (scores["weighted_criterion_checks"], scores["weighted_run_checks"]) == (3.0, 4.0)
    for cell in ("iris_observation", "cifar10_observation"):
        assert scores[cell] == (None if observation else 0.0), "written: a person grades it; left empty: nbgrader's 0"


FULL = (3.0, 4.0, 4.0, 2.0, 3.0)


def test_what_it_wrote(graded: dict[str, Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = next(Path(tmp_path_factory.getbasetemp()).glob("sample*"))
    table = (root / "grades.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(table) == len(sample.CLASS) + 1
    assert table[1].count("未採点") == graded["abe"].ungraded == 2
    for student in sample.CLASS:
        feedback = root / "feedback" / student / "loss_functions"
        assert {path.name for path in feedback.glob("*.html")} == {
            "losses.html",
            "iris.html",
            "imbalanced_cifar10.html",
        }
