"""The sample class: its answers get the scores of the answer bank, through nbgrader and the gradebook."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

from rich.console import Console

from grader.checking.assignment import find
from grader.cli import sample
from grader.cli.grade_class import grade_class
from grader.nbgrader_plugin.gradebook import Row
from tests.helpers.bank import ANSWERS, bank

LOSS_FUNCTIONS = find("loss_functions")
assert LOSS_FUNCTIONS
STUDENTS = sample.sample_class(LOSS_FUNCTIONS)
SCORES = {(answer.folder, answer.name): answer.score for answer in bank()}
# Cells whose score does not depend on the answers to other cells.
INDEPENDENT_CELLS = ("softmax", "cross_entropy", "iris_hookup", "inverse_ratio_weights")
CELLS = (*INDEPENDENT_CELLS, "weighted_criterion")
NOTES = re.compile(r'\A""".*?"""\n+|^# (score|fails|diagnosis)[^\n]*\n+', re.DOTALL | re.MULTILINE)
HANDED_IN = "提出時の出力"
FULL_MARKS = [3.0, 4.0, 4.0, 2.0, 3.0]  # of CELLS


def test_the_sample_class_is_graded_and_gets_feedback(tmp_path: Path) -> None:
    """One test for everything, because grading takes a minute."""
    assert len(STUDENTS) >= 12
    course = sample.course_in(tmp_path, "loss_functions")
    sample.build(course, STUDENTS)
    graded = {row.student: row for row in grade_class(course, Console(file=StringIO()))}
    for name, student in STUDENTS.items():
        assert_scores_of_the_bank(graded[name], student)
    pages = {
        name: (course.folder("feedback", name) / "imbalanced_cifar10.html").read_text() for name in ("abe", "hara")
    }
    assert {name: HANDED_IN in page for name, page in pages.items()} == {"abe": True, "hara": False}
    assert "重みあり: 77 エポックで終わりました" in pages["abe"], "a run of minutes, not the grader's"
    table = (tmp_path / "grades.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(table) == len(STUDENTS) + 1
    assert table[1].count("未採点") == graded["abe"].ungraded == 2
    for student in STUDENTS:
        feedback = course.folder("feedback", student)
        assert sorted(path.name for path in feedback.glob("*.html")) == [
            "imbalanced_cifar10.html",
            "iris.html",
            "losses.html",
        ]


def assert_scores_of_the_bank(row: Row, student: sample.SampleStudent) -> None:
    """Each score equals the one that the bank states for the answer."""
    for cell in INDEPENDENT_CELLS:
        answer = student.answers.get(cell)
        assert row.scores[f"{cell}_checks"] == (SCORES[cell, answer] if answer else 0.0), (row.student, cell)
    earned = [SCORES.get((cell, student.answers.get(cell, ""))) for cell in CELLS]
    if earned == FULL_MARKS:
        assert (row.scores["weighted_criterion_checks"], row.scores["weighted_run_checks"]) == (3.0, 4.0)
    for cell in (
        "iris_observation",
        "cifar10_observation",
    ):  # None: graded by a person
        assert row.scores[cell] == (None if student.observation else 0.0), (row.student, cell)


def test_the_answers_equal_those_of_the_bank() -> None:
    """The package has its own copy of these answers, without the bank's notes about them."""
    for student in STUDENTS.values():
        for cell, name in student.answers.items():
            source = (ANSWERS / cell / f"{name}.py").read_text()
            expected = NOTES.sub("", source)
            assert expected != source
            assert student.texts[cell] == expected, (cell, name)
            assert not re.search(r"^(#|\"{3})", expected, re.MULTILINE), (cell, name)
