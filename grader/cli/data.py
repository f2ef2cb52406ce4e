"""`python -m grader data …`: prepare the data files of the assignments, with the commands that these bring."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from grader.checking.assignment import known
from grader.cli.console import say
from grader.errors import UserError


def add_commands(parser: argparse.ArgumentParser) -> None:
    """The commands of every assignment, each with `--course`."""
    commands = parser.add_subparsers(required=True, metavar="KIND")
    for assignment in known():
        assignment.add_data_commands(commands)
    for command in set(commands.choices.values()):
        command.add_argument("--course", type=Path, default=Path(), help="the course's folder (default: this one)")
        command.set_defaults(prepare=command.get_default("run"), run=run)


def run(options: argparse.Namespace, console: Console) -> int:
    """Run one of them, and print what it yields. Raises UserError. → 130 after Ctrl-C."""
    if not options.course.is_dir():
        raise UserError(f"There is no course folder {options.course}.")
    try:
        for line in options.prepare(options, options.course.resolve() / "build", console):
            say(console, line)
    except KeyboardInterrupt:
        print("grader: stopped; no incomplete file is left, run it again", file=sys.stderr)
        return 130
    return 0
