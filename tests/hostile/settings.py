"""The four settings of the hostile bank: root or an ordinary user, both walls or the inner wall alone."""

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

ORDINARY_UIDS = (61_234, 61_235)  # unused, and one per setting: the kernel counts processes per user


@dataclass(frozen=True)
class Setting:
    """ordinary: grade as an unprivileged user even if started by root. inner: namespaces are denied."""

    ordinary: bool
    inner: bool

    @property
    def uid(self) -> int:
        """The ordinary user of this setting."""
        return ORDINARY_UIDS[self.inner]

    def __str__(self) -> str:
        who = "root" if os.geteuid() == 0 and not self.ordinary else "ordinary user"
        return f"{who}, {'inner wall alone' if self.inner else 'both walls'}"

    @contextlib.contextmanager
    def started(self, *arguments: str, cwd: Path = PROJECT) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
        """Start Python in this setting. → the process, and the lines that it prints."""
        denied = ["-m", "tests.helpers.deny", NAMESPACES, sys.executable] if self.inner else []
        credentials = (
            {"user": self.uid, "group": self.uid, "extra_groups": []} if self.ordinary and os.geteuid() == 0 else {}
        )
        with tempfile.TemporaryDirectory(prefix="home-") as home:
            environment = os.environ | {"HOME": home, "MPLCONFIGDIR": home, "PYTHONDONTWRITEBYTECODE": "1"}
            if credentials:
                os.chown(home, self.uid, self.uid)
            command = [sys.executable, *denied, *arguments]
            process = subprocess.Popen(
                command, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True, **credentials
            )
            with process:
                assert process.stdout
                yield process, process.stdout


def possible() -> list[Setting]:
    """The settings that this user can make: all four for root, otherwise two."""
    users = (False, True) if os.geteuid() == 0 else (True,)
    return [Setting(ordinary, inner) for ordinary in users for inner in (False, True)]
