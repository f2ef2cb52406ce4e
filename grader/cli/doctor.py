"""What this host can give: the walls around students' code, the interpreter, the GPU; and what is missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.sandbox.isolation import files, privileges
from grader.sandbox.isolation.bounds import INNER, OUTER
from grader.sandbox.isolation.probe import probe

WITHOUT = {  # what the other wall does not give
    OUTER: "behind the inner wall alone, students' code can see that files exist (not what is in them) and shares the "
    "host's disk; its bounds for files, and an ordinary user's for memory, are watched twenty times a second",
}


def examine(console: Console) -> int:
    """Print it; → 0 where submissions can be graded, 1 where they cannot."""
    walls = probe()
    table = Table("", "here", "what is missing, and what to do", show_edge=False)
    for name in [*INNER, OUTER]:
        note = f"ABI {walls.landlock}" if name == "landlock" and walls.landlock else ""
        why = walls.missing.get(name, note) + (
            f"; {WITHOUT[name]}" if name in walls.missing and name in WITHOUT else ""
        )
        table.add_row(name, "yes" if name in walls.standing else "NO", why)
    table.add_row("memory", walls.memory, "" if walls.memory != "watchdog" else "no control group can be made here")
    table.add_row("interpreter", sys.prefix, _interpreter())
    gpu = files.gpu_devices()
    table.add_row("GPU", "yes" if gpu else "no", "let students use it: c.Execute.student_gpu = True" if gpu else "")
    console.print(table)
    if missing := walls.essential_missing:
        console.print(f"Submissions cannot be graded here: {'; '.join(missing)}.", highlight=False, soft_wrap=True)
        return 1
    console.print(f"Submissions can be graded here. {walls}", highlight=False, soft_wrap=True)
    return 0


def _interpreter() -> str:
    """As root students' processes are another user's."""
    uid = privileges.unused_uid()
    if uid is None:
        return "students' processes run as you"
    closed = files.closed_to(uid, [sys.prefix, sys.base_prefix, str(Path(os.__file__))])
    if not closed:
        return "students' processes run as a user that owns nothing"
    return (
        f"{closed[0]} is closed to other users: without namespaces students' processes keep the right to read files "
        "(Landlock still decides which); better: a .venv from an interpreter that others can read (/usr/bin/python3)"
    )
