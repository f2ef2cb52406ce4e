"""`python -m grader doctor`: which isolation, interpreter and GPU this host offers, and what to change."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.cli.console import say
from grader.sandbox.isolation import files, privileges
from grader.sandbox.isolation.bounds import INNER_WALL, OUTER_WALL
from grader.sandbox.isolation.probe import probe

WITHOUT_NAMESPACES = (
    "with the inner wall alone, students' code can see that files exist (not what is in them) and shares the host's "
    "disk; its limits for files, and without root those for memory, are checked twenty times a second"
)


def examine(console: Console) -> int:
    """Print the report. → 0 if submissions can be graded here, else 1."""
    walls = probe()
    table = Table("", "here", "what is missing, and what to do", show_edge=False)
    for name in [*INNER_WALL, OUTER_WALL]:
        notes = [walls.missing[name]] if name in walls.missing else []
        if name == "landlock" and walls.landlock:
            notes.append(f"ABI {walls.landlock}")
        if name == OUTER_WALL and notes:
            notes.append(WITHOUT_NAMESPACES)
        table.add_row(name, "yes" if name in walls.standing else "NO", "; ".join(notes))
    table.add_row("memory", walls.memory, "" if walls.memory != "watchdog" else "no control group can be created here")
    table.add_row("interpreter", sys.prefix, _interpreter())
    gpu = files.gpu_devices()
    table.add_row("GPU", "yes" if gpu else "no", "let students use it: c.Execute.student_gpu = True" if gpu else "")
    console.print(table)
    if missing := walls.essential_missing:
        say(console, f"Submissions cannot be graded here: {'; '.join(missing)}.")
        return 1
    say(console, f"Submissions can be graded here. {walls}")
    return 0


def _interpreter() -> str:
    """Which user runs students' processes, and whether that user can read this interpreter."""
    uid = privileges.unused_uid()
    if uid is None:
        return "students' processes run as you"
    unreadable = files.unreadable_by(uid, [sys.prefix, sys.base_prefix, str(Path(os.__file__))])
    if not unreadable:
        return "students' processes run under a user id that nothing else uses"
    return (
        f"other users cannot read {unreadable[0]}: without namespaces, students' processes keep the capability to read "
        "all files (Landlock still restricts them); better: a .venv from an interpreter that others can read "
        "(/usr/bin/python3)"
    )
