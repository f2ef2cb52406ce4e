"""Many submissions: which are new or changed, grade those, write feedback and `grades.csv`, say what became of each."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from grader.assignments.loss_functions.training.images import describe, prepared
from grader.errors import UserError
from grader.nbgrader_plugin.course import PROJECT, Course, digest
from grader.nbgrader_plugin.feedback import write_all
from grader.nbgrader_plugin.gradebook import Row, class_table, write_csv
from grader.sandbox.isolation.bounds import ALL, OUTER
from grader.sandbox.isolation.probe import probe
from grader.submission.files import printable

Task = Callable[[list[str], Callable[[str, str], None]], object]
INGREDIENTS = [PROJECT / "grader", PROJECT / "nbgrader_config.py"]


def grade_class(course: Course, console: Console) -> list[Row]:
    """Grade everyone who is new or changed, by content; → all grades. Raises UserError."""
    with console.status("Building the release …"):
        course.build_release()
    students = course.students()
    if not students:
        raise UserError(f"Nothing to grade: {course.folder('submitted', '<student>')}/ is where submissions go.")
    images = prepared(course.root / "build").with_suffix(".json")  # the manifest has their SHA-256
    recipe = digest([*INGREDIENTS, course.folder("source"), course.folder("release"), images])
    fingerprints = {s: digest([course.folder("submitted", s)]) + recipe for s in students}
    new = {s: fingerprints[s] for s in students if _done(course, "autograded", s) != fingerprints[s]}
    slowest: list[tuple[float, str]] = []
    reasons = _each(course, console, "autograded", new, lambda s, done: slowest.extend(course.autograde_all(s, done)))
    _write_feedback(course, console, [s for s in students if s not in reasons], fingerprints)
    for student in reasons:  # what an earlier submission got is not to be handed out
        shutil.rmtree(course.folder("feedback", student), ignore_errors=True)
    table = course.grades()
    write_csv(course.root / "grades.csv", table)
    _say(course, console, table, len(new) - len(reasons), reasons)
    if slowest:
        told = ", ".join(f"{printable(name)} {seconds:.1f} s" for seconds, name in slowest)
        console.print(f"slowest notebooks: {told}", highlight=False, markup=False, soft_wrap=True)
    return table


def _write_feedback(course: Course, console: Console, students: list[str], fingerprints: dict[str, str]) -> None:
    """Also where a person has graded or commented since."""
    template = digest([PROJECT / "grader" / "grading" / "templates"])
    grades = course.grades_digests(students)
    wanted = {s: _short(fingerprints[s] + grades[s] + template) for s in students}
    stale = {s: wanted[s] for s in students if _done(course, "feedback", s) != wanted[s]}
    reasons = _each(course, console, "feedback", stale, lambda s, done: write_all(course, s, done))
    for student, reason in reasons.items():
        _tell(console, student, f"no feedback written: {reason}")


def _each(course: Course, console: Console, kind: str, fingerprints: dict[str, str], work: Task) -> dict[str, str]:
    """Do `work`, which tells of each student's end; → the reasons of those for whom there was one."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[student]}"),
    )  # fmt: skip
    reasons: dict[str, str] = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(kind, total=len(fingerprints), student="")

        def done(student: str, reason: str) -> None:
            if reason:
                reasons[student] = reason
            else:
                _marker(course, kind, student).write_text(fingerprints[student])
            progress.update(task, advance=1, student=escape(printable(student)))

        for student in fingerprints:
            marker = _marker(course, kind, student)
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.unlink(missing_ok=True)
        if fingerprints:
            work(list(fingerprints), done)
        progress.update(task, student="")
    return reasons


def _say(course: Course, console: Console, table: list[Row], new: int, reasons: dict[str, str]) -> None:
    console.print(class_table(table, f"{course.assignment}: {new} graded now, {len(table)} in all"))
    if waiting := [row.student for row in table if row.submitted and row.ungraded]:
        console.print(f"{len(waiting)} submissions have cells that a person grades (未採点): nbgrader formgrader")
    described = describe(prepared(course.root / "build"))
    console.print(f"images of task 3's trusted run: {described}", highlight=False, markup=False)
    walls = probe(ALL if course.without_walls else ())
    console.print(f"walls: {walls}", style="" if OUTER in walls.standing else "bold", highlight=False, soft_wrap=True)
    for why in walls.missing.values():
        console.print(f"  missing: {why} (python -m grader doctor)", highlight=False, markup=False, soft_wrap=True)
    for row in table:
        for remark in row.remarks:
            _tell(console, row.student, f"0 points, a person should look: {remark}")
    for student, reason in reasons.items():
        _tell(console, student, f"not graded: {reason}")
    for what, path in {
        "feedback": course.folder("feedback", "<student>") / "*.html",
        "autograded": course.folder("autograded", "<student>") / "*.ipynb",
        "grades": course.root / "grades.csv",
        "gradebook": course.root / "gradebook.db",
    }.items():
        console.print(f"{what:>10}  {_relative(path)}", highlight=False, markup=False, soft_wrap=True)


def _tell(console: Console, student: str, what: str) -> None:
    """Names of folders and files may hold anything, rich's own markup too."""
    console.print(Text.assemble((printable(student), "bold red"), ": ", what), highlight=False, soft_wrap=True)


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _marker(course: Course, kind: str, student: str) -> Path:
    """Holds what a result was made from. Removed before it is made again and written last, so that what was interrupted
    counts as not done."""
    return course.root / "build" / "done" / kind / course.assignment / student


def _done(course: Course, kind: str, student: str) -> str:
    path = _marker(course, kind, student)
    return path.read_text() if path.is_file() and course.folder(kind, student).is_dir() else ""


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
