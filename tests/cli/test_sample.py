"""The sample class: answers of the bank through nbgrader, real student processes and the gradebook."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from grader.cli import sample
from grader.cli.grade_class import grade_class
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row
from tests.helpers.bank import bank

SCORES = {(answer.folder, answer.name): answer.score for answer in bank()}
INDEPENDENT = ("softmax", "cross_entropy", "iris_hookup", "inverse_ratio_weights")  # of the other cells' answers


FULL = (3.0, 4.0, 4.0, 2.0, 3.0)


def test_the_sample_class(tmp_path: Path) -> None:
    """One test: grading it costs a minute."""
    assert len(sample.CLASS) >= 12
    course = Course(tmp_path, "loss_functions")
    sample.build(course)
    graded = {row.student: row for row in grade_class(course, Console(file=StringIO()))}
    for student, (answers, observation) in sample.CLASS.items():
        assert_scores_of_the_bank(graded[student], answers, observation)
    table = (tmp_path / "grades.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(table) == len(sample.CLASS) + 1
    assert table[1].count("未採点") == graded["abe"].ungraded == 2
    for student in sample.CLASS:
        feedback = course.folder("feedback", student)
        assert sorted(path.name for path in feedback.iterdir()) == [
            "imbalanced_cifar10.html",
            "iris.html",
            "losses.html",
        ]


def assert_scores_of_the_bank(row: Row, answers: tuple[str, ...], observation: str) -> None:
    """What the bank says of each answer is what the gradebook has."""
    for cell, answer in zip(sample.CELLS, answers, strict=True):
        if cell in INDEPENDENT:
            assert row.scores[f"{cell}_checks"] == (SCORES[cell, answer] if answer else 0.0), (row.student, cell)
    earned = [SCORES.get((cell, answer)) for cell, answer in zip(sample.CELLS, answers, strict=True)]
    if earned == list(FULL):
        assert (row.scores["weighted_criterion_checks"], row.scores["weighted_run_checks"]) == (3.0, 4.0)
    for cell in ("iris_observation", "cifar10_observation"):  # written: a person grades it; left empty: nbgrader's 0
        assert row.scores[cell] == (None if observation else 0.0), (row.student, cell)
