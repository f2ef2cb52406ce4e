"""Who grades, and behind which walls: root or an ordinary user, with both walls or with the inner one alone."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course import PROJECT
from tests.deny import NAMESPACES

USER = 61_234  # an ordinary user, whose number nobody has


@dataclass(frozen=True)
class Setting:
    """ordinary: as a user without privileges, though root started us. inner: namespaces are forbidden."""

    ordinary: bool
    inner: bool

    def __str__(self) -> str:
        who = "root" if os.geteuid() == 0 and not self.ordinary else "ordinary user"
        return f"{who}, {'inner wall alone' if self.inner else 'both walls'}"

    @contextlib.contextmanager
    def started(self, *arguments: str, cwd: Path = PROJECT) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
        """A Python in this setting, and the lines that it prints."""
        denied = ["-m", "tests.deny", NAMESPACES, sys.executable] if self.inner else []
        changed = {"user": USER, "group": USER, "extra_groups": []} if self.ordinary and os.geteuid() == 0 else {}
        with tempfile.TemporaryDirectory(prefix="home-") as home:
            environment = os.environ | {"HOME": home, "MPLCONFIGDIR": home, "PYTHONDONTWRITEBYTECODE": "1"}
            if changed:
                os.chown(home, USER, USER)
            command = [sys.executable, *denied, *arguments]
            process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True, **changed)
            with process:
                assert process.stdout
                yield process, process.stdout


def possible() -> list[Setting]:
    """Those that this user can make: root all four, anyone else two."""
    users = (False, True) if os.geteuid() == 0 else (True,)
    return [Setting(ordinary, inner) for ordinary in users for inner in (False, True)]
