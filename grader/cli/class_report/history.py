"""What a report takes over from the report before: the run that it describes, and what has changed since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.cli.class_report.model import VERSION, Changed, Changes, Remark, Run, Student, Timing


@dataclass(frozen=True)
class Earlier:
    """Parts of an earlier report."""

    written: str
    students: tuple[Student, ...]
    run: Run
    changes: Changes


def read_earlier(path: Path) -> Earlier | None:
    """Read an earlier class.json; None if there is none, or none of this version."""
    try:
        content = json.loads(path.read_bytes())
        if content["version"] != VERSION:
            return None
        run = content["run"]
        return Earlier(
            str(content["written"]),
            tuple(map(_student, content["students"])),
            Run(
                str(run["walls"]),
                str(run["data"]),
                tuple(Timing(str(entry["notebook"]), float(entry["seconds"])) for entry in run["slowest"]),
                tuple(Remark(str(entry["student"]), str(entry["text"])) for entry in run["not_graded"]),
            ),
            _changes(content["changes"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _student(entry: dict[str, Any]) -> Student:
    scores = {str(cell): None if score is None else float(score) for cell, score in entry["scores"].items()}
    numbers = float(entry["total"]), float(entry["maximum"]), int(entry["waiting"])
    return Student(str(entry["student"]), bool(entry["submitted"]), *numbers, scores)


def _changes(entry: dict[str, Any]) -> Changes:
    changed = tuple(
        Changed(str(one["student"]), float(one["before"]), float(one["after"]), tuple(map(str, one["cells"])))
        for one in entry["changed"]
    )
    new, removed = (tuple(map(str, entry[key])) for key in ("new", "removed"))
    return Changes(str(entry["since"]), new, changed, removed)


def changes_since(earlier: Earlier | None, students: Sequence[Student]) -> Changes:
    """What is different from the earlier report; what that report says, where nothing is."""
    if earlier is None:
        return Changes()
    before = {one.student: one for one in earlier.students if one.submitted}
    now = {one.student: one for one in students if one.submitted}
    changed = tuple(
        Changed(name, before[name].total, now[name].total, _other_scores(before[name], now[name]))
        for name in now
        if name in before and (before[name].total, before[name].scores) != (now[name].total, now[name].scores)
    )
    new, removed = (tuple(name for name in one if name not in other) for one, other in ((now, before), (before, now)))
    if not (new or changed or removed):
        return earlier.changes
    return Changes(earlier.written, new, changed, removed)


def _other_scores(before: Student, now: Student) -> tuple[str, ...]:
    cells = dict.fromkeys([*now.scores, *before.scores])
    return tuple(cell for cell in cells if before.scores.get(cell) != now.scores.get(cell))
