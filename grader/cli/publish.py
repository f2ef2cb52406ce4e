"""Write the students' folder: the released notebooks, a list of packages to install, and a page to start from."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections.abc import Collection
from pathlib import Path

from grader.checking.assignment import find
from grader.nbgrader_plugin.course import PROJECT, Course


def write(course: Course) -> Path:
    """Build the release and write build/publish/ in the course's folder, atomically; → that folder.

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
        assignment = find(course.assignment)
        if assignment and (page := assignment.folder / "students.md").is_file():
            shutil.copyfile(page, new / "README.md")
        libraries = assignment.libraries if assignment else ()
        (new / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements(libraries)))
        if folder.exists():
            os.replace(folder, Path(unfinished) / "old")
        os.replace(new, folder)
    return folder


def requirements(libraries: Collection[str]) -> list[str]:
    """The libraries with the project's version limits, and JupyterLab. libraries: names in pyproject.toml."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = [line for line in project["dependencies"] if line.split(">")[0] in libraries]
    return [*wanted, "jupyterlab>=4"]
