"""The sample class: answers of the bank through nbgrader, real student processes and the gradebook."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from grader.checking.assignment import find
from grader.cli import sample
from grader.cli.grade_class import grade_class
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row
from tests.helpers.bank import ANSWERS, bank

LOSS_FUNCTIONS = find("loss_functions")
assert LOSS_FUNCTIONS
STUDENTS = sample.sample_class(LOSS_FUNCTIONS)
SCORES = {(answer.folder, answer.name): answer.score for answer in bank()}
INDEPENDENT = ("softmax", "cross_entropy", "iris_hookup", "inverse_ratio_weights")  # of the other cells' answers


CELLS = (*INDEPENDENT, "weighted_criterion")
FULL = [3.0, 4.0, 4.0, 2.0, 3.0]


def test_the_sample_class(tmp_path: Path) -> None:
    """One test: grading it costs a minute."""
    assert len(STUDENTS) >= 12
    course = Course(tmp_path, "loss_functions")
    sample.build(course, STUDENTS)
    graded = {row.student: row for row in grade_class(course, Console(file=StringIO()))}
    for name, student in STUDENTS.items():
        assert_scores_of_the_bank(graded[name], student)
    table = (tmp_path / "grades.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(table) == len(STUDENTS) + 1
    assert table[1].count("未採点") == graded["abe"].ungraded == 2
    for student in STUDENTS:
        feedback = course.folder("feedback", student)
        assert sorted(path.name for path in feedback.iterdir()) == [
            "imbalanced_cifar10.html",
            "iris.html",
            "losses.html",
        ]


def assert_scores_of_the_bank(row: Row, student: sample.SampleStudent) -> None:
    """The gradebook has the score that the bank states for each answer."""
    for cell in INDEPENDENT:
        answer = student.answers.get(cell)
        assert row.scores[f"{cell}_checks"] == (SCORES[cell, answer] if answer else 0.0), (row.student, cell)
    earned = [SCORES.get((cell, student.answers.get(cell, ""))) for cell in CELLS]
    if earned == FULL:
        assert (row.scores["weighted_criterion_checks"], row.scores["weighted_run_checks"]) == (3.0, 4.0)
    for cell in ("iris_observation", "cifar10_observation"):  # written: a person grades it; left empty: nbgrader's 0
        assert row.scores[cell] == (None if student.observation else 0.0), (row.student, cell)


def test_the_answers_are_those_of_the_bank() -> None:
    """The product carries its own copy, and the bank says what each answer is worth."""
    for student in STUDENTS.values():
        for cell, name in student.answers.items():
            source = (ANSWERS / cell / f"{name}.py").read_text()
            told = "".join(line for line in source.splitlines(True) if not line.startswith(("# score", "# fails")))
            assert student.texts[cell] == told, (cell, name)
