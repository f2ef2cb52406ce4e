"""What students may have, in one folder: the released notebooks, what to install, and a page to start from."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from pathlib import Path

from grader.nbgrader_plugin.course import PROJECT, Course

PAGE = PROJECT / "grader" / "grading" / "templates" / "publish" / "README.md"
STUDENTS_NEED = ("torch", "torchvision", "scikit-learn", "numpy", "matplotlib")


def write(course: Course) -> Path:
    """Build the release and write build/publish/ in the course's folder, whole or not at all; → that folder.

    Raises UserError where there is nothing to release.
    """
    course.build_release()
    folder = course.root / "build" / "publish"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        new = Path(unfinished) / "publish"
        new.mkdir()
        for notebook in sorted(course.folder("release").glob("*.ipynb")):
            shutil.copyfile(notebook, new / notebook.name)
        shutil.copyfile(PAGE, new / "README.md")
        (new / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements()))
        if folder.exists():
            os.replace(folder, Path(unfinished) / "old")
        os.replace(new, folder)
    return folder


def requirements() -> list[str]:
    """What the notebooks import, at the versions of the project, and a place to open them."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = [line for line in project["dependencies"] if line.split(">")[0] in STUDENTS_NEED]
    return [*wanted, "jupyterlab>=4"]
