"""A copy of this project without its assignments' courses, to add files to, and its commands run there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.helpers.loss_functions import PROJECT


def copy_project(project: Path) -> Path:
    """The package and its configuration; source/ and everything that commands write is missing."""
    shutil.copytree(PROJECT / "grader", project / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(PROJECT / name, project)
    return project


def run(project: Path, *command: str) -> str:
    """`python -m grader COMMAND` in that folder; → what it prints."""
    arguments = [sys.executable, "-m", "grader", *command]
    done = subprocess.run(arguments, cwd=project, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
