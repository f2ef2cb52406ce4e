"""A notebook that takes too much time or memory to clean waits for a person, and harms nobody else in the class."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from rich.console import Console

from grader.batch import run_job
from grader.batch.run_job import set_aside
from grader.cli.grade_class import grade_class
from grader.grading import grade as grade_module
from grader.grading.grade import OUTPUTS_TOO_HEAVY, TOO_HEAVY
from grader.nbgrader_plugin.preprocessors import Execute
from grader.submission.clean_outputs import OutputBudget
from grader.submission.rebuild import rebuild
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, PIXEL, bank_source, hand_in, make_course
from tests.helpers.forged import graded

RELEASE = Path("release/loss_functions/losses.ipynb").read_bytes()


def endless(*_: object) -> Any:
    while True:
        pass


def too_large(*_: object) -> Any:
    return bytearray(1 << 40)


def too_deep(*_: object) -> Any:
    return too_deep()


def abort(*_: object) -> None:
    os.abort()


TOO_MUCH = pytest.mark.parametrize("too_much", [endless, too_large, too_deep])


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grade_module, "CLEANING_CPU_SECONDS", 1)


@TOO_MUCH
def test_a_notebook_that_cannot_be_rebuilt_has_no_score(
    too_much: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No cell of it is run; the reason is told once to the instructor and on the page."""
    run: list[str] = []
    monkeypatch.setattr(grade_module, "rebuild", lambda s, r: rebuild(s, r) if isinstance(s, str) else too_much())
    result = graded(RELEASE, RELEASE, ["softmax_checks"], lambda source: run.append(source) or [], too_much)
    assert result.scores == {"softmax_checks": None}
    assert result.notes == (TOO_HEAVY,)
    assert TOO_HEAVY in json.dumps(result.notebook, ensure_ascii=False)
    assert not run


@TOO_MUCH
def test_outputs_that_cannot_be_cleaned_become_a_note(
    too_much: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The points stay, as the checks have judged the answers already."""
    monkeypatch.setattr(OutputBudget, "clean", too_much)
    shown = [{"output_type": "stream", "name": "stdout", "text": "printed by the cell"}]
    result = graded(RELEASE, RELEASE, ["softmax_checks"], lambda _: shown, lambda _: {})
    text = json.dumps(result.notebook, ensure_ascii=False)
    assert OUTPUTS_TOO_HEAVY in text
    assert "printed by the cell" not in text
    assert result.scores == {"softmax_checks": 0.0}


def test_a_class_goes_on_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its observation waits for a person, too; a student who has handed in less has full marks."""
    monkeypatch.setattr(grade_module, "CLEANING_MEMORY_BYTES", 100 << 20)
    course = make_course(tmp_path, ["losses"])
    hand_in(course, "honest", LOSSES)
    heavy = hand_in(course, "heavy", LOSSES) / "losses.ipynb"
    notebook = json.loads(heavy.read_text())
    notebook["metadata"]["large"] = "😀" + "x" * (45 << 20)  # 4 bytes a character once it is decoded
    heavy.write_text(json.dumps(notebook, ensure_ascii=False))
    log = StringIO()
    rows = {row.student: row for row in grade_class(course, Console(file=log, width=300))}
    assert set(rows["heavy"].scores.values()) == {None}
    assert rows["heavy"].ungraded == len(rows["heavy"].scores)
    assert rows["honest"].total == rows["honest"].maximum
    assert f"losses: {TOO_HEAVY}" in log.getvalue()
    assert TOO_HEAVY in (course.folder("feedback", "heavy") / "losses.html").read_text()


def test_a_job_that_is_set_aside_cannot_end_nbgraders_own_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set aside after a worker died of it, so it is read in a process of its own."""
    course = make_course(tmp_path, ["losses"])
    hand_in(course, "alice", {}, texts={"softmax": bank_source("softmax", "functional")})
    job = Execute().job(course.directory, ASSIGNMENT, "alice", "losses")
    assert job
    assert "F.softmax" in set_aside(job, "why").notebook, "the student's text is there for the person who grades it"
    monkeypatch.setattr(run_job, "_send_set_aside", abort)
    result = set_aside(job, "why")
    assert TOO_HEAVY in result.notebook
    assert result.notes == (TOO_HEAVY, "why")


def test_a_picture_that_is_shown_again_and_again(tmp_path: Path) -> None:
    """A notebook of 2 MB, whose page would have 260 MB: its text stays as it was typed, and others are graded."""
    course = make_course(tmp_path, ["losses"])
    hand_in(course, "honest", LOSSES)
    heavy = hand_in(course, "heavy", LOSSES) / "losses.ipynb"
    notebook = json.loads(heavy.read_text())
    picture = base64.b64encode(base64.b64decode(PIXEL) + bytes(1_400_000)).decode()
    added = nbformat.v4.new_markdown_cell("![](attachment:a)\n" * 130, attachments={"a": {"image/png": picture}})
    notebook["cells"].append(added)
    heavy.write_text(json.dumps(notebook))
    rows = {row.student: row for row in grade_class(course, Console(file=StringIO()))}
    assert all(row.total == row.maximum for row in rows.values())
    assert len((course.folder("feedback", "heavy") / "losses.html").read_bytes()) < 3_000_000
