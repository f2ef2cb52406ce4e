"""Read what a run has left in the course folder, and write the report: `report/index.html` and `report/class.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console

from grader.checking.atomic import atomic_write
from grader.cli.class_report.gather import gather
from grader.cli.class_report.history import read_earlier
from grader.cli.class_report.model import Remark, Run
from grader.cli.class_report.records import Answer, NoRecord, read_answers, read_tasks
from grader.cli.class_report.render import render
from grader.cli.class_report.summary import summary_lines
from grader.cli.console import say
from grader.errors import UserError
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row
from grader.submission.files import printable
from grader.submission.language import gettext as _
from grader.submission.language import speaking


def write_report(course: Course, language: str, console: Console, table: Sequence[Row], run: Run | None = None) -> None:
    """Write both files, each atomically, and print the summary.

    language: of the page. table: all grades. run: what `make grade` has just done; None takes over what the report
    before says about it. Raises UserError.
    """
    folder = course.report_folder
    data = folder / "class.json"
    earlier = read_earlier(data)
    known = earlier.run if earlier else Run()
    if run is None:
        present = set(map(printable, course.students()))
        run = replace(known, not_graded=tuple(one for one in known.not_graded if one.student in present))
    tasks = read_tasks(course.folder("release"))
    with speaking(language):
        answers, remarks = read_all(course, table)
        now = datetime.now().astimezone()
        report = gather(course.assignment, language, table, answers, tasks, remarks, run, earlier, now)
        page = render(report, Links(course, folder))
        lines = summary_lines(report, os.path.relpath(folder / "index.html"))
    text = json.dumps(asdict(report), ensure_ascii=False, indent=1, allow_nan=False)
    try:
        atomic_write(folder / "index.html", page)
        atomic_write(data, f"{text}\n")
    except OSError as error:
        raise UserError(f"The report cannot be written to {folder}: {error.strerror}.") from None
    for line in lines:
        say(console, line)


def read_all(course: Course, table: Iterable[Row]) -> tuple[list[Answer], list[Remark]]:
    """The answers of all students with a submission, and remarks on graded notebooks that say nothing."""
    answers: list[Answer] = []
    remarks: list[Remark] = []
    notebooks = {path.name for path in course.folder("release").glob("*.ipynb")}
    for student in (row.student for row in table if row.submitted and not row.removed):
        folder = course.folder("autograded", student)
        for path in sorted(folder.glob("*.ipynb")):
            try:
                if path.name not in notebooks:
                    raise NoRecord(_("この課題のノートブックではありません"))
                answers += read_answers(path, printable(student))
            except NoRecord as error:
                remarks.append(Remark(printable(student), f"autograded/{printable(path.name)}: {error}"))
    return answers, remarks


class Links:
    """Addresses of students' pages, relative to the report; percent-encoding is left to the page."""

    def __init__(self, course: Course, report: Path) -> None:
        self._course, self._report = course, report

    def page(self, student: str, notebook: str) -> str:
        """The feedback page, or the graded notebook where there is no page, or ""."""
        for step, suffix in (("feedback", "html"), ("autograded", "ipynb")):
            path = self._course.folder(step, student) / f"{notebook}.{suffix}"
            if notebook and path.is_file():
                return os.path.relpath(path, self._report)
        return ""
