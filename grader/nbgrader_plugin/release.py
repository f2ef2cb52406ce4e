"""The release of an assignment and its entry in the gradebook, made from the source.

A release is what students get, by an exchange or otherwise: notebooks, a page to start from, a list of packages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import TypedDict

from nbformat import NotebookNode
from nbgrader import converters as stock
from nbgrader import preprocessors
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log, temp_attrs
from traitlets.config import Configurable

import grader
from grader.checking.assignment import Assignment, find
from grader.checking.atomic import atomic_write
from grader.nbgrader_plugin.jobs import Resources, language_of
from grader.submission.language import speaking
from grader.submission.match import translated_stub

PROJECT = Path(grader.__file__).resolve().parents[1]


class Reply(TypedDict, total=False):
    """What nbgrader's API returns. error: a traceback."""

    success: bool
    error: str
    log: str


class GenerateAssignment(stock.GenerateAssignment):  # type: ignore[misc]
    """nbgrader's, which knows only the files in source/; `install` replaces that one for every command and button."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """As nbgrader's; adds README.md and requirements.txt before nbgrader sets the permissions of all files."""
        super().init_assignment(assignment_id, student_id)
        if assignment := find(assignment_id):
            write_extras(assignment, Path(self._format_dest(assignment_id, student_id)))


class ClearSolutions(preprocessors.ClearSolutions):  # type: ignore[misc]
    """As nbgrader's, but this package's stubs are in the language of the notebook, where its metadata say one."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Put stubs where solutions are."""
        with speaking(language_of(nb)):
            code = {name: translated_stub(stub) for name, stub in self.code_stub.items()}
            with temp_attrs(self, code_stub=code, text_stub=translated_stub(self.text_stub)):
                return super().preprocess(nb, resources)  # type: ignore[no-any-return]


def build(course: CourseDirectory, assignment_id: str, parent: Configurable) -> Reply:
    """Build them again, as `nbgrader generate_assignment` does. parent: has the configuration."""
    with temp_attrs(course, assignment_id=assignment_id, notebook_id="*"):
        converter = GenerateAssignment(coursedir=course, parent=parent)
        converter.force = converter.create_assignment = True
        reply: Reply = capture_log(converter)
    return reply


def write_extras(assignment: Assignment, folder: Path) -> None:
    """Write README.md and requirements.txt, which nbgrader does not know, into a release."""
    if (page := assignment.translation / "students.md").is_file():
        atomic_write(folder / "README.md", page.read_text())
    atomic_write(folder / "requirements.txt", "".join(f"{line}\n" for line in requirements(assignment.libraries)))


def requirements(libraries: Collection[str]) -> list[str]:
    """The libraries with the project's version limits, and JupyterLab. libraries: names in pyproject.toml."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = [line for line in project["dependencies"] if line.split(">")[0] in libraries]
    return [*wanted, "jupyterlab>=4"]


def expected_notebooks(course: CourseDirectory, assignment_id: str) -> list[str] | None:
    """File names of the assignment's notebooks; None where the gradebook has no such assignment."""
    try:
        with Gradebook(course.db_url, course.course_id) as gradebook:
            return [f"{notebook.name}.ipynb" for notebook in gradebook.find_assignment(assignment_id).notebooks]
    except MissingEntry:
        return None


def is_missing(course: CourseDirectory, assignment_id: str) -> bool:
    """Whether the entry or a released notebook is missing, although there is a source to build them from."""
    source, release = (
        Path(course.format_path(folder, ".", assignment_id))
        for folder in (course.source_directory, course.release_directory)
    )
    if not any(source.glob("*.ipynb")):
        return False
    expected = expected_notebooks(course, assignment_id)
    return not expected or not all((release / name).is_file() for name in expected)
