"""`python -m grader …`: the face of the command line. Errors are one line and exit status 1."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from grader.errors import UserError

ASSIGNMENT = "loss_functions"


def main(arguments: Sequence[str] | None = None) -> int:
    """→ exit status: 0, 1 for an error of the user's or a submission that only a person can grade, 130 for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m grader", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, help_text in (
        ("grade", grade, "grade submitted/, or a sample class where it is empty"),
        ("release", release, "build the students' notebooks from source/"),
        ("publish", publish, "write what students may have into build/publish/"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--course", type=Path, default=Path(), help="the course's folder (default: this one)")
        command.add_argument("--assignment", default=ASSIGNMENT, help=f"default: {ASSIGNMENT}")
        command.set_defaults(run=function)
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 100)
    warnings.filterwarnings("ignore", module=r"nbgrader\.", message="Object of type")  # SQLAlchemy 2.1 about its saving
    try:
        options.run(options, console)
    except UserError as error:
        print(f"grader: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("grader: stopped; what was graded so far is kept, run again to go on", file=sys.stderr)
        return 130
    return 0


def grade(options: argparse.Namespace, console: Console) -> None:
    """Real submissions, or the sample class."""
    from grader import sample
    from grader.class_run import grade_class
    from grader.course import Course

    course = Course(options.course, options.assignment)
    sampling = options.assignment == ASSIGNMENT and not course.students()
    if sampling:
        place = course.folder("submitted", "<student>")
        course = Course(options.course / "build" / "sample", options.assignment)
        course.root.mkdir(parents=True, exist_ok=True)
        console.print("No submissions yet: grading a sample class of made-up ones in build/sample/.")
        sample.build(course)
    grade_class(course, console)
    if sampling:
        shown = os.path.relpath(place)
        console.print(
            f"Real submissions go to {shown}/*.ipynb; then run this again.",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def release(options: argparse.Namespace, console: Console) -> None:
    """nbgrader generate_assignment."""
    from grader.course import Course

    course = Course(options.course, options.assignment)
    course.build_release()
    console.print(f"release: {os.path.relpath(course.folder('release'))}/", highlight=False)


def publish(options: argparse.Namespace, console: Console) -> None:
    """The students' folder."""
    from grader.course import Course
    from grader.publish import write

    folder = write(Course(options.course, options.assignment))
    console.print(f"for students: {os.path.relpath(folder)}/", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
