"""The class report: what it gathers from graded notebooks, and what it keeps from the report before."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from grader.cli.class_report.model import Remark, Run, Timing
from grader.cli.class_report.write import write_report
from tests.helpers.graded_class import CELL, NOTEBOOK, OBSERVATION, GradedClass, check, notebook, record, row

WRONG = check("wrong", "values", "double(1) → 3", "正しくは 2")
RIGHT = check("passed", "values")


@pytest.fixture
def graded(tmp_path: Path) -> GradedClass:
    return GradedClass(tmp_path)


def written(graded: GradedClass, run: Run | None = None) -> dict[str, Any]:
    """Write the report; → class.json."""
    write_report(graded.course, "ja", Console(file=StringIO()), graded.table, run)
    content: dict[str, Any] = json.loads((graded.course.root / "report" / "class.json").read_text())
    return content


def test_an_empty_class_has_a_report(graded: GradedClass) -> None:
    report = written(graded)
    assert report["version"] == 1
    assert (report["points"]["submitted"], report["points"]["bins"]) == (0, [])
    assert report["checks"] == report["mistakes"] == report["alike"] == report["waiting"] == []


def test_the_hardest_check_is_first_and_undecided_answers_do_not_count(graded: GradedClass) -> None:
    easy, hard = "easy", "hard"
    for student, outcome in {"a": "passed", "b": "wrong", "c": "raised", "d": "undecided", "e": "grader_error"}.items():
        graded.add(student, "x", record(check("passed", easy), check(outcome, hard)))
    first, second = written(graded)["checks"]
    assert (first["check"], first["judged"], first["passed"], first["share"]) == (hard, 3, 1, 0.3333)
    assert first["outcomes"] == {"grader_error": 1, "passed": 1, "raised": 1, "undecided": 1, "wrong": 1}
    assert (second["check"], second["judged"], second["share"]) == (easy, 5, 1.0)
    assert first["task"] == "Twice as much · double", "two graded cells are below the same heading"


def test_answers_with_a_diagnosis_are_grouped_by_it(graded: GradedClass) -> None:
    graded.add("long", "def double(x):\n    y = x * 3\n    return y", record(WRONG, name="thrice"))
    graded.add("short", "double = lambda x: 3 * x", record(WRONG, name="thrice"))
    graded.add("other", "double = None", record(WRONG, name="nothing"))
    graded.add("right", "double = lambda x: 2 * x", record(RIGHT))
    report = written(graded)
    thrice, nothing = report["mistakes"]
    assert (thrice["name"], thrice["count"], thrice["students"]) == ("thrice", 2, ["long", "short"])
    assert (thrice["text"], thrice["read"]) == ("You did: thrice.", "lesson")
    assert thrice["example"] == {
        "student": "short",
        "code": "double = lambda x: 3 * x",
        "title": "title of values",
        "outcome": "wrong",
        "evidence": ["double(1) → 3", "正しくは 2"],
    }
    assert (nothing["name"], nothing["count"]) == ("nothing", 1)
    assert report["alike"] == []


def test_a_diagnosis_of_an_answer_that_passes_is_no_mistake(graded: GradedClass) -> None:
    graded.add("right", "double = lambda x: 2 * x", record(RIGHT, name="thrice"))
    assert written(graded)["mistakes"] == []


def test_failures_without_a_diagnosis_are_alike_if_checks_outcomes_and_evidence_are(graded: GradedClass) -> None:
    dtype = check("passed", "dtype")
    graded.add_each(["a", "b"], "one way", record(WRONG, dtype))
    graded.add("c", "another", record(WRONG, dtype))
    graded.add("other_evidence", "x", record(check("wrong", "values", "double(1) → 4", "正しくは 2"), dtype))
    graded.add("other_outcome", "x", record(check("raised", *WRONG["evidence"]), dtype))
    graded.add("more", "x", record(WRONG, check("wrong", "dtype")))
    alike = written(graded)["alike"]
    assert [group["students"] for group in alike] == [["a", "b", "c"], ["other_evidence"], ["other_outcome"], ["more"]]
    assert alike[0]["example"]["code"] == "one way"
    assert alike[0]["failed"] == [{"check": "values", "title": "title of values", "outcome": "wrong"}]


def test_code_that_never_ran_is_grouped_by_its_cause(graded: GradedClass) -> None:
    for student in ("a", "b"):
        raised = check("raised", "values", f"NameError for {student}")
        graded.add(student, "x =", record(raised, cause="SyntaxError in cell 3"))
    (group,) = written(graded)["alike"]
    assert (group["cause"], group["count"]) == ("SyntaxError in cell 3", 2)


def test_a_stub_is_no_failure(graded: GradedClass) -> None:
    graded.add_each(["a", "b"], "raise NotImplementedError", record(check("not_implemented")))
    report = written(graded)
    assert report["alike"] == report["same_text"] == []
    assert [(one["cell"], one["students"]) for one in report["unwritten"]] == [(CELL, ["a", "b"])]


@pytest.mark.parametrize(("number", "shown"), [(1, False), (2, True), (3, True), (4, False)])
def test_two_or_three_equal_failing_answers_are_shown(graded: GradedClass, number: int, shown: bool) -> None:
    for i in range(number):
        graded.add(f"s{i}", f"def double(x):{' ' * i}\n  return x", record(WRONG))
    graded.add("right", "def double(x): return x", record(RIGHT))
    groups = written(graded)["same_text"]
    assert [len(group["students"]) for group in groups] == ([number] if shown else [])


def test_points_count_submissions_that_are_there(graded: GradedClass) -> None:
    graded.add("done", "x", record(RIGHT), row("done", 3.0))
    graded.add("waits", "x", record(RIGHT), row("waits", 1.0, waits=True))
    graded.add("removed", "x", record(WRONG), row("removed", 0.0, removed=True))
    graded.table.append(row("absent", 0.0, submitted=False))
    report = written(graded)
    points = report["points"]
    assert [points[key] for key in ("submitted", "not_submitted", "graded", "waiting")] == [2, 1, 1, 1]
    assert (points["mean"], points["median"], points["maximum"]) == (2.5, 2.5, 4.0)
    assert sum(one["count"] for one in points["bins"]) == 2
    assert points["bins"][-1] == {"start": 3.5, "end": 4.0, "count": 1}, "full marks are in the last bin"
    assert [(one["cell"], one["students"]) for one in report["waiting"]] == [(OBSERVATION, ["waits"])]
    assert report["alike"] == [], "a removed submission is no failure"


def test_remarks_and_refused_submissions_are_listed(graded: GradedClass) -> None:
    graded.add("renamed", "x", record(RIGHT), row("renamed", remarks=("numbers: a cell was moved",)))
    run = Run("two walls", "some data", (Timing("renamed/numbers", 1.5),), (Remark("empty", "no notebook"),))
    report = written(graded, run)
    assert report["remarks"] == [{"student": "renamed", "text": "numbers: a cell was moved"}]
    assert report["run"] == {
        "walls": "two walls",
        "data": "some data",
        "slowest": [{"notebook": "renamed/numbers", "seconds": 1.5}],
        "not_graded": [{"student": "empty", "text": "no notebook"}],
    }


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"\x00\xff",
    "no notebook": b"[1, 2]",
    "no cells": b'{"cells": 3}',
    "deep": b"[" * 100_000,
    "cells of another kind": b'{"cells": [null, {"metadata": []}]}',
    "no record": json.dumps(notebook("x", None)).encode(),
    "record of another kind": json.dumps(notebook("x", {"checks": "none"})).encode(),
    "unknown outcome": json.dumps(notebook("x", record(check("excellent")))).encode(),
    "points without end": json.dumps(notebook("x", record({**WRONG, "points": float("inf")}))).encode(),
    "evidence of another kind": json.dumps(notebook("x", record({**WRONG, "evidence": [{}]}))).encode(),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_graded_notebook_is_a_remark(graded: GradedClass, content: bytes) -> None:
    graded.add("fine", "x", record(RIGHT))
    graded.add("broken", "x", record(WRONG)).write_bytes(content)
    report = written(graded)
    assert [one["student"] for one in report["remarks"]] == ["broken"]
    assert [check["judged"] for check in report["checks"]] == [1]


def test_foreign_files_are_remarks_and_links_are_not_followed(graded: GradedClass, tmp_path: Path) -> None:
    path = graded.add("alice", "x", record(RIGHT))
    (path.parent / "holiday.ipynb").write_text("{}")
    link = graded.add("bob", "x", record(WRONG))
    link.unlink()
    link.symlink_to(path)
    pipe = graded.add("carol", "x", record(WRONG))
    pipe.unlink()
    os.mkfifo(pipe)
    report = written(graded)
    assert [one["student"] for one in report["remarks"]] == ["alice", "bob", "carol"]
    assert "holiday.ipynb" in report["remarks"][0]["text"]
    assert report["alike"] == []


def test_long_and_misleading_texts_are_bounded(graded: GradedClass) -> None:
    evil = "\u202e\x1b[2J\ud800"
    many = [check("wrong", f"c{i}", *["e" * 1000] * 20) for i in range(100)]
    graded.add("evil", f"x = '{evil}'" + "\n" * 500 + "y" * 100_000, record(*many))
    report = written(graded)
    path = graded.course.root / "report" / "class.json"
    assert path.stat().st_size < 100_000
    (group,) = report["alike"]
    assert group["example"]["code"].startswith("x = '\\u202e\\u001b[2J\\ud800'\n\nyyy")


def test_changes_are_those_since_the_last_report_that_differs(graded: GradedClass) -> None:
    graded.add("alice", "x", record(RIGHT), row("alice", 1.0))
    graded.add("bob", "x", record(RIGHT), row("bob", 1.0))
    first = written(graded)
    assert first["changes"] == {"since": "", "new": [], "changed": [], "removed": []}
    graded.add("carol", "x", record(RIGHT), row("carol", 1.0))
    graded.table[:2] = [row("alice", 3.0), row("bob", 1.0, removed=True)]
    changes = written(graded)["changes"]
    assert changes == {
        "since": first["written"],
        "new": ["carol"],
        "changed": [{"student": "alice", "before": 2.0, "after": 4.0, "cells": [CELL]}],
        "removed": ["bob"],
    }
    assert written(graded)["changes"] == changes, "a report of the same grades says the same"


@pytest.mark.parametrize("content", ["", "[]", '{"version": 99}', '{"version": 1}', '{"version": 1, "run": 3}'])
def test_an_earlier_report_that_is_not_understood_is_replaced(graded: GradedClass, content: str) -> None:
    graded.add("alice", "x", record(RIGHT))
    path = graded.course.root / "report" / "class.json"
    path.parent.mkdir()
    path.write_text(content)
    assert written(graded)["changes"]["since"] == ""


def test_without_a_run_the_report_keeps_what_is_known_of_the_last(graded: GradedClass) -> None:
    graded.add("alice", "x", record(RIGHT))
    graded.course.folder("submitted", "refused").mkdir(parents=True)
    refused = Remark("refused", "no notebook"), Remark("gone", "no notebook")
    written(graded, Run("walls", "data", (Timing(f"alice/{NOTEBOOK}", 2.0),), refused))
    assert written(graded)["run"] == {
        "walls": "walls",
        "data": "data",
        "slowest": [{"notebook": "alice/numbers", "seconds": 2.0}],
        "not_graded": [{"student": "refused", "text": "no notebook"}],
    }
    assert written(graded, Run("walls", "data"))["run"]["slowest"] == [], "of a run that graded nothing"
