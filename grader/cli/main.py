"""The command line: `python -m grader COMMAND`; without one it lists them.

An error is one line on standard error. Each command imports what it needs when it runs: some take seconds.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from grader.checking.assignment import find
from grader.cli import data
from grader.cli.console import say, working
from grader.cli.lms.commands import add_commands as add_lms_commands
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.nbgrader_plugin.course import Course

ASSIGNMENT = "loss_functions"
WITHOUT_WALLS = "grade although this host cannot sandbox students' code: it can then do whatever you can do"


def main(arguments: Sequence[str] | None = None) -> int:
    """→ exit status: 0 if every submission has a grade or a stated reason, 1 after a user's error, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 100)
    try:
        return options.run(options, console) or 0
    except UserError as error:
        print(f"grader: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("grader: stopped; what was graded so far is kept, run again to go on", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m grader", description="Grade an nbgrader assignment in a sandbox.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, help_text in (
        ("grade", grade, "grade submitted/, or a sample class if it is empty"),
        ("desk", desk, "open JupyterLab on the course, with formgrader"),
        ("report", report, "write the class report again, without grading"),
        ("translate", translate, "write the notebooks of the assignment's editions into source/"),
        ("release", release, "build the students' notebooks from source/"),
        ("publish", publish, "write the students' folder to build/publish/"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--course", type=Path, default=Path(), help="the course's folder (default: this one)")
        command.add_argument("--assignment", default=ASSIGNMENT, help=f"or an edition (default: {ASSIGNMENT})")
        command.set_defaults(run=function)
        if function is grade:
            command.add_argument("--without-walls", action="store_true", help=WITHOUT_WALLS)
    add_lms_commands(commands, ASSIGNMENT)
    commands.add_parser("doctor", help="what this host supports and what is missing").set_defaults(run=doctor)
    data.add_commands(commands.add_parser("data", help="prepare the data files of the assignments"))
    return parser


def grade(options: argparse.Namespace, console: Console) -> None:
    """Grade the submissions, those of editions too, or the sample class if there are none. Raises UserError."""
    from grader.cli import sample
    from grader.cli.grade_class import grade_class
    from grader.sandbox.isolation.bounds import not_linux
    from grader.sandbox.isolation.probe import probe

    if problem := not_linux():  # also for the sample class, which would run without walls
        raise UserError(f"Nothing was run: {problem}.")
    assignment = find(options.assignment)
    courses = _with_editions(options, options.without_walls)
    submitted = [course for course in courses if course.students()]
    made_up = sample.sample_class(assignment) if assignment and not submitted else {}
    missing, without_walls = probe().essential_missing, courses[0].without_walls
    if missing and not made_up and not without_walls:
        raise UserError(
            f"This host cannot sandbox students' code: {'; '.join(missing)}. Nothing was run. "
            "`python -m grader doctor` says what to change; --without-walls grades code that you trust as your own."
        )
    if not made_up:
        for course in submitted or courses[:1]:
            grade_class(course, console)
        return
    trusted = bool(missing) or without_walls  # our own code
    sample_course = sample.course_in(options.course / "build" / "sample", options.assignment, trusted)
    say(console, "No submissions yet: grading a sample class of made-up ones in build/sample/.")
    with working(console, "Writing its submissions …"):
        sample.build(sample_course, made_up)
    folder = os.path.relpath(courses[0].folder("submitted", "<student>"))
    grade_class(sample_course, console, f"Real submissions go to {folder}/*.ipynb; then run this again.")


def desk(options: argparse.Namespace, console: Console) -> int:
    """Run JupyterLab on the course until Ctrl-C. → its exit status. Raises UserError."""
    from grader.cli.desk import open_desk
    from grader.nbgrader_plugin.course import Course

    return open_desk(Course(options.course, options.assignment), console)


def report(options: argparse.Namespace, console: Console) -> None:
    """Write the class report from what the last run has left, or the sample class's. Raises UserError."""
    with working(console, "Reading what the last run has graded …"):
        from grader.cli.class_report.write import write_report
        from grader.nbgrader_plugin.course import Course

        course = Course(options.course, options.assignment)
        sample = options.course / "build" / "sample"
        if not course.students() and sample.is_dir():
            course = Course(sample, options.assignment)
        if not any(course.folder("autograded", student).is_dir() for student in course.students()):
            raise UserError("No submission has been graded yet: run `make grade` first.")
        grades = course.grades()
    write_report(course, course.language, console, grades)


def translate(options: argparse.Namespace, console: Console) -> None:
    """Write the source notebooks of an edition, or of all editions of an assignment. Raises UserError."""
    from grader.cli.translation.write import write_edition

    assignment = find(options.assignment)
    editions = [assignment] if assignment and assignment.language else assignment.editions() if assignment else []
    if not editions:
        raise UserError(
            f"'{options.assignment}' has no editions: each is a folder locale/<language>/ beside its checks."
        )
    to_do = 0
    for edition in editions:
        source = options.course / "source"
        problems = write_edition(source / edition.original, edition.translation, source / edition.id, edition.language)
        for problem in problems:
            say(console, f"{os.path.relpath(edition.translation)}/{problem}")
        say(console, f"{'not written' if problems else 'source'}: {os.path.relpath(source / edition.id)}/")
        to_do += len(problems)
    if to_do:
        raise UserError(f"{to_do} cells wait for a translator.")


def release(options: argparse.Namespace, console: Console) -> None:
    """Build the release, and those of the editions that have a source. Raises UserError."""
    with working(console, "Building the students' notebooks from source/ …"):
        courses = _with_editions(options)
        for course in courses:
            course.build_release()
    for course in courses:
        say(console, f"release: {os.path.relpath(course.folder('release'))}/")


def publish(options: argparse.Namespace, console: Console) -> None:
    """Write the students' folder, in all languages. Raises UserError."""
    with working(console, "Building the students' notebooks and their folder …"):
        from grader.cli.publish import write

        course, *editions = _with_editions(options)
        folder = write(course, editions)
    say(console, f"for students: {os.path.relpath(folder)}/")


def _with_editions(options: argparse.Namespace, without_walls: bool = False) -> list[Course]:
    """The course of the assignment, and those of its editions with a source or a submission. Raises UserError."""
    from grader.nbgrader_plugin.course import Course

    found = find(options.assignment)
    ids = [options.assignment, *(edition.id for edition in (found.editions() if found else ()))]
    first, *others = (Course(options.course, name, without_walls) for name in ids)
    return [first, *(course for course in others if course.folder("source").is_dir() or course.students())]


def doctor(options: argparse.Namespace, console: Console) -> int:
    """Report on this host. → 1 if submissions cannot be graded."""
    with working(console, "Trying the walls of the sandbox …"):
        from grader.cli.doctor import examine

    return examine(console)
