"""A submission is saved in one transaction: with few queries, completely or not at all, and without waiting inside."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import event
from sqlalchemy.engine import Engine

from grader.batch.runner import ClassRun
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.saving.transaction import SubmissionGradebook, open_gradebook
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, autograde, command, hand_in, make_course


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path, ["losses"])


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The first words of all statements that are sent to a database."""
    words: Counter[str] = Counter()

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        words[statement.split()[0]] += 1

    def commit(connection: object) -> None:
        words["COMMIT"] += 1

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", commit)
    try:
        yield words
    finally:
        event.remove(Engine, "before_cursor_execute", count)
        event.remove(Engine, "commit", commit)


def saved(course: Course, student: str) -> list[tuple[str, Any]]:
    """The automatic scores of a student; empty without a submission."""
    with Gradebook(course.directory.db_url) as gradebook:
        submissions = [s for s in gradebook.assignment_submissions(ASSIGNMENT) if s.student.id == student]
        return sorted((g.name, g.auto_score) for s in submissions for n in s.notebooks for g in n.grades)


@pytest.mark.parametrize("beside", ["", "scratch.ipynb"])
def test_one_commit_and_few_queries(course: Course, monkeypatch: pytest.MonkeyPatch, beside: str) -> None:
    """Also where a notebook lies beside the released one, which nobody grades."""
    folder = hand_in(course, "hana", LOSSES)
    if beside:
        shutil.copy(folder / "losses.ipynb", folder / beside)
    at: list[Counter[str]] = []
    begin, end = SubmissionGradebook.begin, SubmissionGradebook.end

    def counting(when: Any) -> Any:
        def call(gradebook: SubmissionGradebook, *save: bool, **options: bool) -> None:
            at.append(Counter(words))
            when(gradebook, *save, **options)
            at.append(Counter(words))

        return call

    monkeypatch.setattr(SubmissionGradebook, "begin", counting(begin))
    monkeypatch.setattr(SubmissionGradebook, "end", counting(end))
    with counted() as words:
        assert not autograde(course, "hana")
    assert saved(course, "hana") == [("cross_entropy_checks", 4.0), ("softmax_checks", 3.0)]
    started, ended = at[4], at[7]  # the first pair looked for a person's marks
    spent = ended - started
    assert spent["COMMIT"] == 1
    assert 0 < spent["SELECT"] <= 20


def test_nothing_of_a_submission_that_fails_is_saved(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        with open_gradebook(course.directory.db_url) as gradebook:
            seen.append(gradebook.find_grade("softmax_checks", "losses", ASSIGNMENT, "hana").auto_score)
        raise RuntimeError("the disk is full")

    hand_in(course, "hana", LOSSES)
    seen: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr(AssignLatePenalties, "preprocess", fail)
        assert "the disk is full" in autograde(course, "hana")
    assert seen == [3.0]
    assert saved(course, "hana") == [("cross_entropy_checks", None), ("softmax_checks", None)]
    assert not autograde(course, "hana")
    assert saved(course, "hana") == [("cross_entropy_checks", 4.0), ("softmax_checks", 3.0)]


def test_the_gradebook_is_not_locked_while_a_result_is_awaited(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_meanwhile(run: ClassRun, job: Any) -> Any:
        with sqlite3.connect(course.root / "gradebook.db", timeout=0) as other:
            other.execute("UPDATE assignment SET duedate = NULL")
        waited.append(job.notebook)
        return result(run, job)

    hand_in(course, "hana", LOSSES)
    waited: list[str] = []
    result = ClassRun.result
    monkeypatch.setattr(ClassRun, "result", write_meanwhile)
    assert not autograde(course, "hana")
    assert waited == ["losses"]


def test_what_the_database_computes_follows_the_scores(course: Course) -> None:
    hand_in(course, "hana", LOSSES)
    assert not autograde(course, "hana")
    gradebook = SubmissionGradebook(course.directory.db_url, course.directory.course_id)
    gradebook.begin()
    notebook = gradebook.find_submission_notebook("losses", ASSIGNMENT, "hana")
    before = notebook.score
    gradebook.find_grade("softmax_checks", "losses", ASSIGNMENT, "hana").auto_score = 1.0
    gradebook.db.commit()
    assert (before, notebook.score) == (7.0, 5.0)
    gradebook.end(save=False)
    assert saved(course, "hana") == [("cross_entropy_checks", 4.0), ("softmax_checks", 3.0)]


def test_a_new_gradebook_has_the_schema_that_nbgrader_would_write(course: Course) -> None:
    asked = command(sys.executable, "-c", "from nbgrader.api import *; print(get_alembic_version())", cwd=course.root)
    with sqlite3.connect(course.root / "gradebook.db") as gradebook:
        assert gradebook.execute("SELECT version_num FROM alembic_version").fetchall() == [(asked.stdout.strip(),)]
