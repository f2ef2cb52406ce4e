"""Read the records of checks in graded notebooks, and what the released notebooks call their tasks.

A graded notebook contains what students wrote, so every text is cut and made visible here, once for page and file.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.grading.report import CHECKS
from grader.grading.verdict import UNSCORED, Outcome
from grader.submission.files import MISLEADING, read_file
from grader.submission.language import gettext as _

MAX_NOTEBOOK_BYTES = 64 << 20
MAX_LINES, MAX_CHECKS = 8, 50  # lines of evidence, checks of a cell
MAX_TEXT, MAX_HEADING, MAX_CODE = 300, 100, 2000  # characters
CUT = " …"
HIDDEN = re.compile("|".join(MISLEADING))
BLANK_LINES = re.compile(r"\n{3,}")
HEADING = re.compile(r"#+\s+(?:\d+\.\s+)?(.+)")


class NoRecord(ValueError):
    """A graded notebook without a record of its checks; the message says why, for the instructor."""


@dataclass(frozen=True)
class Check:
    """The outcome of one check for one student. title, evidence: as in the student's feedback."""

    check: str
    title: str
    points: float
    outcome: Outcome
    evidence: tuple[str, ...]

    @property
    def judged(self) -> bool:
        """Whether the outcome says something about the answer."""
        return self.outcome not in UNSCORED

    @property
    def failed(self) -> bool:
        """Whether the answer did not pass, for a reason of its own."""
        return self.judged and self.outcome is not Outcome.PASSED


@dataclass(frozen=True)
class Answer:
    """One student's answer to one task.

    diagnosis: its name, the mistake in a sentence, and the cell to read again; or None. cause: why the
    code never ran, or "". code: of the solution cells, cut. length, digest: of all of it, with runs of white space as
    one space.
    """

    student: str
    cell: str
    checks: tuple[Check, ...]
    diagnosis: tuple[str, str, str] | None
    cause: str
    code: str
    length: int
    digest: str

    @property
    def mistake(self) -> str:
        """The diagnosis's name, or ""."""
        return self.diagnosis[0] if self.diagnosis else ""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that the answer did not pass."""
        return tuple(check for check in self.checks if check.failed)

    @property
    def unwritten(self) -> bool:
        """Whether the answer is still the stub of the release."""
        outcomes = {check.outcome for check in self.checks}
        return outcomes == {Outcome.NOT_IMPLEMENTED}


@dataclass(frozen=True)
class Task:
    """A graded cell of the release. title: the heading above it, with the cell's name where headings are equal."""

    notebook: str
    cell: str
    title: str


def shown(value: object, limit: int = MAX_TEXT) -> str:
    """A text that a page can show: at most `limit` characters, and those that mislead as Python escapes.

    Raises ValueError if it is not a text.
    """
    if not isinstance(value, str):
        raise ValueError("not a text")
    text = value if len(value) <= limit else value[:limit] + CUT
    return HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}" if match[0] not in "\n\t" else match[0], text)


def read_answers(path: Path, student: str) -> list[Answer]:
    """The answers in a graded notebook, in order. Raises NoRecord."""
    try:
        cells = _cells(path)
        answers = list(_answers(cells, student))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError, OSError) as error:
        if isinstance(error, NoRecord):
            raise
        raise NoRecord(_("採点済みのファイルを読めません。もう一度採点してください")) from None
    return answers


def read_tasks(release: Path) -> dict[str, Task]:
    """The graded cells of the released notebooks, in order, by name; without those of a notebook that is unreadable."""
    found: list[Task] = []
    for path in sorted(release.glob("*.ipynb")):
        heading = path.stem
        try:
            for cell in _cells(path):
                if cell["cell_type"] == "markdown":
                    for line in filter(None, map(HEADING.fullmatch, _source(cell).splitlines())):
                        heading = shown(line[1].replace("`", ""), MAX_HEADING)
                about = cell["metadata"].get("nbgrader", {})
                if about.get("grade"):
                    found.append(Task(path.stem, str(about["grade_id"]), heading))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    headings = [task.title for task in found]
    return {task.cell: task if headings.count(task.title) == 1 else _told_apart(task) for task in found}


def _told_apart(task: Task) -> Task:
    return Task(task.notebook, task.cell, f"{task.title} · {task.cell.removesuffix('_checks')}")


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(read_file(path, MAX_NOTEBOOK_BYTES))["cells"]
    return cells


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _answers(cells: list[dict[str, Any]], student: str) -> Iterator[Answer]:
    """An answer for each checks cell; its code is that of the solution cells since the checks cell before."""
    code: list[str] = []
    for cell in cells:
        about = cell["metadata"].get("nbgrader") or {}
        if cell["cell_type"] != "code":
            continue
        if about.get("solution"):
            code.append(_source(cell).strip())
        elif about.get("grade"):
            records = [output.get("metadata", {}).get(CHECKS) for output in cell.get("outputs", ())]
            record = next((record for record in records if record), None)
            if record is None:
                raise NoRecord(_("この採点には検査の記録がありません。もう一度採点してください"))
            yield _answer(record, student, shown(about["grade_id"]), "\n\n".join(code))
            code = []


def _answer(record: dict[str, Any], student: str, cell: str, code: str) -> Answer:
    diagnosis = record.get("diagnosis")
    folded = " ".join(code.split())
    return Answer(
        student,
        cell,
        tuple(_check(entry) for entry in record["checks"][:MAX_CHECKS]),
        (shown(diagnosis["name"]), shown(diagnosis["text"]), shown(diagnosis["read"])) if diagnosis else None,
        shown(record.get("cause") or ""),
        shown(BLANK_LINES.sub("\n\n", code), MAX_CODE),
        len(folded),
        hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest() if folded else "",
    )


def _check(entry: dict[str, Any]) -> Check:
    points = float(entry["points"])
    if not math.isfinite(points):
        raise ValueError("points are not finite")
    evidence = tuple(map(shown, entry["evidence"][:MAX_LINES]))
    return Check(shown(entry["check"]), shown(entry["title"]), points, Outcome(entry["outcome"]), evidence)
