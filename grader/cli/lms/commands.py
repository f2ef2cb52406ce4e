"""`python -m grader collect | roster | return moodle | canvas …`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from grader.cli.console import file_error, say
from grader.cli.lms.canvas import Canvas
from grader.cli.lms.model import Lms
from grader.cli.lms.moodle import Moodle
from grader.errors import UserError
from grader.nbgrader_plugin.course import Course
from grader.submission.language import speaking

LMS: dict[str, Lms] = {"moodle": Moodle(), "canvas": Canvas()}
TABLE = "Moodle's grading worksheet or Canvas's gradebook export (CSV)"
Command = Callable[[argparse.Namespace, Console], None]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], assignment: str) -> None:
    """Add the three commands. assignment: the default."""
    new: dict[str, argparse.ArgumentParser] = {}
    described: Sequence[tuple[str, Command, str]] = (
        ("collect", collect, "fill submitted/ from an LMS's download"),
        ("roster", roster, "bring names, addresses and numbers from an LMS's table into the gradebook"),
        ("return", give_back, "write marks and feedback in the forms that an LMS imports"),
    )
    for name, function, help_text in described:
        new[name] = commands.add_parser(name, help=help_text)
        new[name].add_argument("lms", choices=sorted(LMS))
        if name == "collect":
            new[name].add_argument("archive", type=Path, help="the download of all submissions (zip)")
        new[name].add_argument("table", type=Path, nargs="?" if name == "collect" else None, help=TABLE)
        new[name].add_argument("--course", type=Path, default=Path(), help="the course's folder (default: this one)")
        new[name].add_argument("--assignment", default=assignment, help=f"default: {assignment}")
        new[name].set_defaults(run=function)
    zone = "in which Moodle writes times, such as Asia/Tokyo (default: c.Exchange.timezone)"
    new["collect"].add_argument("--timezone", default="", help=zone)
    new["return"].add_argument("archive", type=Path, nargs="?", help="Canvas: the download that was collected (zip)")
    new["return"].add_argument("--column", default="", help="Canvas: title of the assignment's column")
    new["return"].add_argument("--scale", action="store_true", help="convert marks where the LMS has another maximum")


def collect(options: argparse.Namespace, console: Console) -> None:
    """Collect submissions; with a table, bring it into the gradebook first. Raises UserError."""
    from grader.cli.lms.collect import NEW, REPLACED, UNCHANGED
    from grader.cli.lms.collect import collect as collect_files
    from grader.cli.lms.roster import import_roster
    from grader.cli.lms.table import read_table
    from grader.cli.names import changed_names

    course, lms = Course(options.course, options.assignment), LMS[options.lms]
    zone = options.timezone or str(course.settings.Exchange.get("timezone", ""))
    if options.table:
        _check_zone(zone)
    with console.status(f"Collecting {options.archive} …"), _file_errors():
        people = import_roster(course, lms, read_table(options.table)) if options.table else []
        collected = collect_files(course, lms, options.archive, people, zone)
    for line in [*changed_names(people), *collected.lines]:
        say(console, line)
    how = list(collected.students.values())
    counts = ", ".join(f"{how.count(kind)} {kind}" for kind in (NEW, REPLACED, UNCHANGED) if kind in how)
    folder = os.path.relpath(course.folder("submitted", "<student>"))
    say(console, f"collected {collected.files} files of {len(how)} students ({counts or 'nothing new'}): {folder}/")
    say(console, "next: make grade")


def roster(options: argparse.Namespace, console: Console) -> None:
    """Import a roster. Raises UserError."""
    from grader.cli.lms.roster import import_roster
    from grader.cli.lms.table import read_table
    from grader.cli.names import changed_names

    course = Course(options.course, options.assignment)
    with _file_errors():
        people = import_roster(course, LMS[options.lms], read_table(options.table))
    for line in changed_names(people):
        say(console, line)
    addresses = sum(bool(person.email) for person in people)
    say(console, f"in the gradebook: {len(people)} students of {options.table.name}, {addresses} with an address")


def give_back(options: argparse.Namespace, console: Console) -> None:
    """Write marks and feedback. Raises UserError."""
    from grader.cli.lms.return_marks import return_marks
    from grader.cli.lms.table import read_table

    course, lms = Course(options.course, options.assignment), LMS[options.lms]
    if options.lms == "canvas" and not options.archive:
        raise UserError("Canvas finds students by the names of their files: return canvas GRADES.csv SUBMISSIONS.zip.")
    with console.status("Writing marks and feedback …"), _file_errors(), speaking(course.language):
        result = return_marks(course, lms, read_table(options.table), options.archive, options.column, options.scale)
    for line in result.lines:
        say(console, line)
    say(console, f"marks of {result.returned} students: {os.path.relpath(result.marks)}")
    say(console, f"{result.pages} pages of feedback: {os.path.relpath(result.feedback)}")
    say(console, f"upload both to {lms.name}: docs/classroom-lms.md")


@contextmanager
def _file_errors() -> Iterator[None]:
    """A file that cannot be read or written is one line. Raises UserError."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{file_error(error)}.") from None


def _check_zone(zone: str) -> None:
    try:
        if zone and zone != "UTC":
            ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise UserError(f"There is no time zone '{zone}': name one such as Asia/Tokyo.") from None
