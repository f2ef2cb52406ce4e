"""What a graded notebook says about each task: points, checks, the student's answer, what a person wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from nbformat import NotebookNode

from grader.grading.report import CHECKS
from grader.grading.verdict import UNSCORED, Outcome

NO_RECORD: Mapping[str, Any] = {"score": None, "unreadable": "", "cause": "", "diagnosis": None, "checks": ()}
NO_RESPONSE = "No response."  # nbgrader's own comment on an answer that was left as released
# A heading, or a part of a task that a line names in bold: `**(b) name（4 点）** …`.
TITLE = re.compile(r"#{1,6}[ \t]+(?P<heading>[^\n]{1,300})|\*\*(?P<part>[(（][^*\n]{1,300})\*\*")
MAX_TITLE_LINES = 400  # of one cell
POINTS = re.compile(r"[（(]\d+ ?[^\W\d][^（()）\d]*[)）]$")  # "(3 points)" in a title; the page shows them anyway


@dataclass(frozen=True)
class Check:
    """One check of a task. points: what it is worth."""

    title: str
    points: float
    outcome: Outcome


@dataclass(frozen=True)
class Failure:
    """Checks that failed alike: with the same outcome on the same example.

    evidence: lines, the example first. numbers: of the answer and the right answer, or None.
    """

    checks: Sequence[Check]
    outcome: Outcome
    evidence: Sequence[str]
    numbers: Any

    @property
    def waits(self) -> bool:
        """Whether a person decides."""
        return self.outcome in UNSCORED


@dataclass(frozen=True)
class Remark:
    """A comment on an answer. by_person: whether a person wrote it, in Markdown; else the grader did, as plain text."""

    text: str
    by_person: bool


@dataclass
class Task:
    """A graded cell, with the cells of the answer before it.

    score: None while a person has to grade it. record: what the grader wrote about its checks. shown: outputs of
    a checks cell that an earlier version graded. manual: whether a person gave the points, in place of the checks.
    extra: points that a person has added; part of the score.
    """

    cell: NotebookNode
    name: str
    title: str
    score: float | None
    points: float
    record: Mapping[str, Any] = field(default_factory=lambda: NO_RECORD)
    answers: list[NotebookNode] = field(default_factory=list)
    manual: bool = False
    extra: float = 0.0
    comments: list[Remark] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    passed: list[Check] = field(default_factory=list)
    shown: list[NotebookNode] = field(default_factory=list)


def tasks(nb: NotebookNode) -> list[Task]:
    """All tasks of a notebook, in its order. Reads scores and comments where nbgrader has put them."""
    found: list[Task] = []
    before: list[NotebookNode] = []  # solution cells since the last task
    titles = titles_of(nb)
    for cell in nb.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution"):
            before.append(cell)
        if not (about.get("grade") or about.get("task")):
            continue
        task = Task(
            cell=cell,
            name=about["grade_id"],
            title=titles.get(about["grade_id"]) or about["grade_id"],
            score=about.get("score"),
            points=about.get("points", 0),
            answers=before,
            manual=is_checks(cell) and about.get("score") is not None and bool(about.get("manual")),
            extra=about.get("extra", 0.0),
            comments=[said for c in (*before, *([] if cell in before else [cell])) if (said := _comment(c))],
        )
        if is_checks(cell):
            _read_checks(task)
        found.append(task)
        before = []
    return found


def is_checks(cell: NotebookNode) -> bool:
    """Whether a cell is graded by checks: it has points and no answer."""
    about = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(about.get("grade")) and not about.get("solution")


def titles_of(nb: NotebookNode) -> dict[str, str]:
    """The title of each task, by grade_id, and the notebook's first heading, by "".

    A graded notebook has them in its metadata, read from the release: a student may have added cells with other titles.
    """
    if stated := nb.metadata.get("grader", {}).get("titles"):
        return dict(stated)
    last_titles = _titles(nb)
    found = {"": next(filter(None, last_titles), "")}
    title, answered = "", False  # of the first solution cell since the last task
    for cell, last_title in zip(nb.cells, last_titles, strict=True):
        about = cell.metadata.get("nbgrader", {})
        title = title if answered else last_title
        answered = answered or bool(about.get("solution"))
        if about.get("grade") or about.get("task"):
            found[about["grade_id"]] = title
            answered = False
    return found


def _titles(nb: NotebookNode) -> list[str]:
    """For each cell, the last title at or before it."""
    last, found = "", []
    for cell in nb.cells:
        if cell.cell_type == "markdown" and not cell.metadata.get("nbgrader", {}).get("solution"):
            matches = [match for line in cell.source.split("\n", MAX_TITLE_LINES) if (match := TITLE.match(line))]
            last = _plain(matches[-1]["heading"] or matches[-1]["part"]) if matches else last
        found.append(last)
    return found


def _plain(title: str) -> str:
    return POINTS.sub("", title.replace("`", "").replace("**", "").strip()).rstrip()


def _comment(cell: NotebookNode) -> Remark | None:
    text = str(cell.metadata.nbgrader.get("comment") or "").strip()
    by_person = bool(cell.metadata.nbgrader.get("by_person"))
    if not text or (text == NO_RESPONSE and not by_person):
        return None
    return Remark(text, by_person)


def _read_checks(task: Task) -> None:
    outputs = task.cell.outputs
    records = [output.metadata[CHECKS] for output in outputs if CHECKS in output.get("metadata", {})]
    if not records:
        task.shown = outputs
        return
    task.record = records[0]
    failed = []
    for check in task.record["checks"]:
        made = Check(check["title"], check["points"], Outcome(check["outcome"]))
        if made.outcome is Outcome.PASSED:
            task.passed.append(made)
        else:
            failed.append((made, check["evidence"], check["numbers"]))
    for (outcome, evidence), alike in groupby(failed, lambda each: (each[0].outcome, each[1])):
        together = list(alike)
        task.failures.append(Failure([check for check, *_ in together], outcome, evidence, together[0][2]))
