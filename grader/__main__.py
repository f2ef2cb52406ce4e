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
WITHOUT_WALLS = "grade although this host cannot shut students' code in: it can then do whatever you can do"


def main(arguments: Sequence[str] | None = None) -> int:
    """→ exit status: 0 where everyone has a grade or a stated reason, 1 for an error of the user's, 130 for Ctrl-C."""
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
        if function is grade:
            command.add_argument("--without-walls", action="store_true", help=WITHOUT_WALLS)
    commands.add_parser("doctor", help="what this host can give and what is missing").set_defaults(run=doctor)
    add_data_commands(commands.add_parser("data", help="prepare the images that task 3 is graded on"))
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 100)
    warnings.filterwarnings("ignore", module=r"nbgrader\.", message="Object of type")  # SQLAlchemy 2.1 about its saving
    try:
        return options.run(options, console) or 0
    except UserError as error:
        print(f"grader: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("grader: stopped; what was graded so far is kept, run again to go on", file=sys.stderr)
        return 130


def grade(options: argparse.Namespace, console: Console) -> None:
    """Real submissions, or the sample class."""
    from grader.cli import sample
    from grader.cli.grade_class import grade_class
    from grader.nbgrader_plugin.course import Course
    from grader.sandbox.isolation.probe import probe

    course = Course(options.course, options.assignment, options.without_walls)
    sampling = options.assignment == ASSIGNMENT and not course.students()
    missing = probe().essential_missing
    if missing and not sampling and not course.without_walls:
        raise UserError(
            f"This host cannot shut students' code in: {'; '.join(missing)}. Nothing was run. "
            "`python -m grader doctor` says what to change; --without-walls grades code that you trust as your own."
        )
    if sampling:
        place = course.folder("submitted", "<student>")
        own = bool(missing) or course.without_walls  # the sample class is ours: nothing to shut in
        course = Course(options.course / "build" / "sample", options.assignment, own)
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


def doctor(options: argparse.Namespace, console: Console) -> int:
    """→ 1 where submissions cannot be graded."""
    from grader.cli.doctor import examine

    return examine(console)


def release(options: argparse.Namespace, console: Console) -> None:
    """nbgrader generate_assignment."""
    from grader.nbgrader_plugin.course import Course

    course = Course(options.course, options.assignment)
    course.build_release()
    console.print(f"release: {os.path.relpath(course.folder('release'))}/", highlight=False)


def publish(options: argparse.Namespace, console: Console) -> None:
    """The students' folder."""
    from grader.cli.publish import write
    from grader.nbgrader_plugin.course import Course

    folder = write(Course(options.course, options.assignment))
    console.print(f"for students: {os.path.relpath(folder)}/", highlight=False)


def add_data_commands(parser: argparse.ArgumentParser) -> None:
    """`python -m grader data cifar10`, `folder`, `stand-in`, `show`."""
    kinds = parser.add_subparsers(required=True, metavar="KIND", dest="kind")
    for kind, help_text in (
        ("cifar10", "CIFAR-10, downloaded and verified by torchvision"),
        ("folder", "CIFAR-10 as an image folder or a tar of one: train/<class>/*.jpg|png, test/<class>/…"),
        ("stand-in", "generated images, which grading makes by itself where there is nothing else"),
        ("show", "what is prepared; verifies SHA-256"),
    ):
        command = kinds.add_parser(kind, help=help_text, description=help_text)
        command.add_argument("--course", type=Path, default=Path(), help="the course's folder (default: this one)")
        command.set_defaults(run=data)
        if kind == "folder":
            command.add_argument("path", type=Path, metavar="PATH", help="folder, .tar, .tar.gz or .tar.xz")
        if kind == "cifar10":
            where = "where torchvision keeps its download (default: build/torchvision in the course's folder)"
            command.add_argument("--download-root", type=Path, metavar="DIR", help=where)


def data(options: argparse.Namespace, console: Console) -> None:
    """Prepare one file, or show what is prepared."""
    from rich.progress import Progress

    from grader.assignments.loss_functions.training import images as data

    if not options.course.is_dir():
        raise UserError(f"There is no course folder {options.course}.")
    build = options.course.resolve() / "build"
    path = build / ("stand-in.npy" if options.kind == "stand-in" else "cifar10.npy")
    try:
        if options.kind == "show":
            show_data(build, console)
            return
        if options.kind == "folder":
            with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
                task = progress.add_task("images", total=data.CIFAR10_IMAGES)
                data.from_folder(options.path, path, advance=lambda n: progress.advance(task, n))
        elif options.kind == "cifar10":
            data.from_torchvision(options.download_root or build / "torchvision", path)
        else:
            data.stand_in(path, again=True)
    except KeyboardInterrupt:
        print("grader: stopped; nothing half-written is left, run it again", file=sys.stderr)
        sys.exit(130)
    line = f"{os.path.relpath(path)}: {data.describe(path)}, {path.stat().st_size / 1e6:.0f} MB"
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def show_data(build: Path, console: Console) -> None:
    """One table of counts for each prepared file; what grading uses. Raises UserError for a file that is not whole."""
    from rich.table import Column, Table

    from grader.assignments.loss_functions.training import images as data

    there = [path for name in ("cifar10.npy", "stand-in.npy") if (path := build / name).exists()]
    for path in there:
        manifest = data.verify(path)
        console.print(f"{os.path.relpath(path)}: {data.describe(path)}", highlight=False, markup=False, soft_wrap=True)
        table = Table(Column("class", footer="all"), show_footer=True)
        for split, counts in (("train", manifest.train), ("test", manifest.test)):
            table.add_column(split, justify="right", footer=f"{sum(counts.values()):,}")
        for name in manifest.classes:
            table.add_row(name, f"{manifest.train[name]:,}", f"{manifest.test[name]:,}")
        console.print(table)
        console.print(f"SHA-256 verified: {manifest.sha256}\n", highlight=False, soft_wrap=True)
    used = os.path.relpath(there[0]) if there else "the stand-in, made when it is needed"
    console.print(f"Grading uses {used}.", highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
