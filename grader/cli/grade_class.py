"""Grade the submissions of a class that are new or changed; write feedback, `grades.csv` and the class report."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from grader.batch.process_pool import WorkerPool
from grader.batch.runner import ClassRun
from grader.checking.assignment import DataFile, find
from grader.cli.class_report.model import Remark, Run, Timing
from grader.cli.class_report.write import write_report
from grader.cli.console import say, working
from grader.cli.desk import desk_command
from grader.cli.fingerprints import fingerprints
from grader.cli.names import mend_names
from grader.errors import UserError
from grader.grading.verdict import NOT_DECIDED
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.feedback import write_all
from grader.nbgrader_plugin.gradebook import Row, class_table, short_name, write_csv
from grader.sandbox.isolation.bounds import ALL_WALLS, OUTER_WALL, Walls
from grader.sandbox.isolation.probe import probe
from grader.submission.files import printable
from grader.submission.language import speaking

# Works through students; calls its second argument once for each, with "" or the reason for a failure; its third for
# each finished notebook, if it can tell.
Work = Callable[[list[str], Callable[[str, str], None], Callable[[], None]], object]
BUSY = 1.5  # load average for each CPU, above which a machine does more than grading
MAX_NAMED = 5


def grade_class(course: Course, console: Console, closing: str = "") -> list[Row]:
    """Grade all submissions whose content, or whose way of grading, has changed. → all grades. Raises UserError.

    closing: a line to print before the summary.
    """
    not_graded = [student for student in course.students() if not _marker(course, "autograded", student).is_file()]
    with course.workers(len(not_graded)) as pool:
        return _grade_class(course, console, closing, pool)


def _grade_class(course: Course, console: Console, closing: str, pool: WorkerPool | None) -> list[Row]:
    """See `grade_class`. pool: workers for this run, if it needs any."""
    with working(console, "Building the release …"):
        course.build_release()
    students = course.students()
    if not students:
        raise UserError(f"Nothing to grade: submissions belong in {course.folder('submitted', '<student>')}/.")
    for line in mend_names(course):
        say(console, line)
    assignment = find(course.assignment)
    data = assignment.data(course.data_file, course.root / "build") if assignment else None
    with working(console, "Reading the submissions …"):
        wanted = fingerprints(course, students, data)

    def finished(names: Iterable[str]) -> dict[str, str]:
        """What the markers of graded submissions contain: also what the gradebook has, which may be another one."""
        return {s: f"{wanted[s]} {kept}" if kept else "" for s, kept in course.results_digests(names).items()}

    new = [s for s, text in finished(students).items() if not text or _fingerprint(course, "autograded", s) != text]
    runs: list[ClassRun] = []
    undecided: list[str] = []

    def on_undecided(student: str) -> None:
        """The next run grades this submission again."""
        undecided.append(student)
        _marker(course, "autograded", student).unlink(missing_ok=True)

    def autograde(names: list[str], on_done: Callable[[str, str], None], on_notebook: Callable[[], None]) -> None:
        if run := course.autograde_all(names, on_done, on_undecided, on_notebook, pool):
            runs.append(run)

    failures = _work_through(course, console, "autograded", new, lambda s: finished([s])[s], autograde)
    for student in failures:  # feedback on an earlier submission must not be returned
        shutil.rmtree(course.folder("feedback", student), ignore_errors=True)
    with_pages = [s for s in students if s not in failures or course.lacks_notebooks(s)]
    _write_feedback(course, console, {s: wanted[s] for s in with_pages})
    table = course.grades()
    listed = [*table, *course.refused(failures)]
    with speaking(course.language):
        write_csv(course.grades_file, listed)
        console.print(
            class_table(listed, f"{course.assignment}: {len(new) - len(failures)} graded now, {len(listed)} in all")
        )
    walls = probe(ALL_WALLS if course.without_walls else ())
    _print_circumstances(console, table, data, walls)
    for student, reason in failures.items():
        _print_student(console, student, f"not graded: {reason}")
    for student in undecided:
        _print_student(console, student, f"{NOT_DECIDED}; the next run tries it again")
    for class_run in runs:
        if class_run.stopped:
            say(console, stopped_line(class_run.stopped, os.cpu_count() or 1))
    _print_paths(course, console)
    slowest = [timed for class_run in runs for timed in class_run.slowest]
    if slowest:
        names = ", ".join(f"{printable(name)} {seconds:.1f} s" for seconds, name in slowest)
        say(console, f"slowest notebooks: {names}")
    if closing:
        say(console, closing)
    run = Run(
        walls=str(walls),
        data=data.description if data else "",
        slowest=tuple(Timing(printable(name), round(seconds, 1)) for seconds, name in slowest),
        not_graded=tuple(Remark(printable(student), reason) for student, reason in failures.items()),
    )
    write_report(course, course.language, console, table, run)
    say(console, f"by hand: {desk_command(course)} opens JupyterLab with formgrader")
    return table


def stopped_line(stopped: Mapping[str, float], cpus: int) -> str:
    """Which notebooks a time limit has stopped, and whether this machine was busy then.

    stopped: student/notebook → the machine's load average; not empty.
    """
    names = ", ".join(map(printable, list(stopped)[:MAX_NAMED]))
    more = f" and {len(stopped) - MAX_NAMED} more" if len(stopped) > MAX_NAMED else ""
    load = max(stopped.values())
    busy = f"; this machine was busy (load {load:.0f} on {cpus} CPUs): look at them" if load > BUSY * cpus else ""
    return f"stopped by a time limit: {names}{more}{busy}"


def _write_feedback(course: Course, console: Console, graded: dict[str, str]) -> None:
    """Write the feedback of students whose notebooks, scores or comments have changed since it was written."""
    grades = course.grades_digests(graded)
    wanted = {s: hashlib.sha256((graded[s] + grades[s]).encode()).hexdigest() for s in graded}
    changed = [s for s in wanted if _fingerprint(course, "feedback", s) != wanted[s]]
    failures = _work_through(
        course,
        console,
        "feedback",
        changed,
        wanted.__getitem__,
        lambda students, on_done, _: write_all(course, students, on_done),
    )
    for student, reason in failures.items():
        _print_student(console, student, f"no feedback written: {reason}")


def _work_through(
    course: Course, console: Console, step: str, students: list[str], marker_text: Callable[[str], str], work: Work
) -> dict[str, str]:
    """Do `work` for students; a progress bar counts notebooks. → student → why it failed.

    marker_text: what a student's marker says once the work is done.
    """
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("notebooks"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[student]}"),
    )  # fmt: skip
    failures: dict[str, str] = {}
    notebooks = {student: course.notebooks(student) for student in students}
    finished = 0  # notebooks of the students who are done
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(step, total=sum(notebooks.values()), student="")

        def on_done(student: str, reason: str) -> None:
            nonlocal finished
            if reason:
                failures[student] = reason
            else:
                _marker(course, step, student).write_text(marker_text(student))
            finished += notebooks[student]
            progress.update(task, completed=finished, student=escape(short_name(student)))

        for student in students:
            marker = _marker(course, step, student)
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.unlink(missing_ok=True)
        if students:
            work(students, on_done, lambda: progress.advance(task))
        progress.update(task, student="")
    return failures


def _print_circumstances(console: Console, table: list[Row], data: DataFile | None, walls: Walls) -> None:
    """The trusted checks' data, the isolation, and remarks on submissions."""
    if data:
        say(console, data.description)
    say(console, f"walls: {walls}", style="" if OUTER_WALL in walls.standing else "bold")
    for reason in walls.missing.values():
        say(console, f"  missing: {reason} (python -m grader doctor)")
    for row in table:
        for remark in row.remarks:
            _print_student(console, row.student, f"a person should look: {remark}")


def _print_paths(course: Course, console: Console) -> None:
    for name, path in {
        "feedback": course.folder("feedback", "<student>") / "*.html",
        "autograded": course.folder("autograded", "<student>") / "*.ipynb",
        "grades": course.grades_file,
        "gradebook": course.root / "gradebook.db",
    }.items():
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        say(console, f"{name:>10}  {shown}")


def _print_student(console: Console, student: str, text: str) -> None:
    say(console, Text.assemble((printable(student), "bold red"), ": ", text))


def _marker(course: Course, step: str, student: str) -> Path:
    """The file with the fingerprint of a finished result.

    It is removed before the result is made and written afterwards, so an interrupted result does not count.
    """
    return course.root / "build" / "done" / step / course.assignment / student


def _fingerprint(course: Course, step: str, student: str) -> str:
    """What a finished result was made from, or "" if there is none."""
    path = _marker(course, step, student)
    return path.read_text() if path.is_file() and course.folder(step, student).is_dir() else ""
