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

from grader.nbgrader_plugin.course import PROJECT
from tests.helpers.deny import NAMESPACES

USERS = (61_234, 61_235)  # ordinary users, whose numbers nobody has: the kernel counts processes by user


@dataclass(frozen=True)
class Setting:
    """ordinary: as a user without privileges, though root started us. inner: namespaces are forbidden."""

    ordinary: bool
    inner: bool

    @property
    def user(self) -> int:
        """Of each setting its own."""
        return USERS[self.inner]

    def __str__(self) -> str:
        who = "root" if os.geteuid() == 0 and not self.ordinary else "ordinary user"
        return f"{who}, {'inner wall alone' if self.inner else 'both walls'}"

    @contextlib.contextmanager
    def started(self, *arguments: str, cwd: Path = PROJECT) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
        """A Python in this setting, and the lines that it prints."""
        denied = ["-m", "tests.helpers.deny", NAMESPACES, sys.executable] if self.inner else []
        changed = (
            {"user": self.user, "group": self.user, "extra_groups": []} if self.ordinary and os.geteuid() == 0 else {}
        )
        with tempfile.TemporaryDirectory(prefix="home-") as home:
            environment = os.environ | {"HOME": home, "MPLCONFIGDIR": home, "PYTHONDONTWRITEBYTECODE": "1"}
            if changed:
                os.chown(home, self.user, self.user)
            command = [sys.executable, *denied, *arguments]
            process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True, **changed)
            with process:
                assert process.stdout
                yield process, process.stdout


def possible() -> list[Setting]:
    """Those that this user can make: root all four, anyone else two."""
    users = (False, True) if os.geteuid() == 0 else (True,)
    return [Setting(ordinary, inner) for ordinary in users for inner in (False, True)]
