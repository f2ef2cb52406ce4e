"""What the converter, the exporter and the preprocessors share about one notebook of one submission."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.coursedir import CourseDirectory

from grader.batch.job import JobResult
from grader.checking.assignment import find
from grader.nbgrader_plugin.saving.manual_marks import Marks
from grader.submission.files import read_file
from grader.submission.language import JAPANESE, languages, speaking
from grader.submission.overlooked import other_notebooks
from grader.submission.parse import MAX_NOTEBOOK_BYTES

Resources = dict[str, Any]  # nbconvert passes it through all preprocessors of a notebook
CONTEXT = "grader"  # key of the `NotebookContext` in `resources["nbgrader"]`


@dataclass(frozen=True, eq=False)
class NotebookFiles:
    """The files of one notebook of one submission. course: nbgrader's folders; the other fields are nbgrader's ids."""

    course: CourseDirectory
    assignment: str
    student: str
    notebook: str

    def path(self, step: str) -> Path:
        """The notebook's file; step: "source", "release", "submitted" or "autograded"."""
        student = "." if step in ("source", "release") else self.student
        folder = self.course.format_path(getattr(self.course, f"{step}_directory"), student, self.assignment)
        return Path(folder) / f"{self.notebook}.ipynb"

    def read(self, step: str) -> bytes | None:
        """One of the instructor's files, "source" or "release"; None if there is none."""
        path = self.path(step)
        return path.read_bytes() if path.is_file() else None

    def trusted_source(self) -> bytes | None:
        """The instructor's notebook for trusted computations: an edition uses its original's and shares the results."""
        assignment = find(self.assignment)
        original = replace(self, assignment=assignment.original) if assignment else self
        return original.read("source") or self.read("source")

    def others(self) -> tuple[str, ...]:
        """The notebooks and archives of the submission that are not graded; see `other_notebooks`."""
        expected = {path.name for path in self.path("release").parent.glob("*.ipynb")}
        return tuple(other_notebooks(self.path("submitted").parent, expected))

    def language(self) -> str:
        """The language in which its student is spoken to: the release says it, else the course."""
        release, of_course = self.read("release"), course_language(self.course)
        return language_of(parsed(release), of_course) if release else of_course

    def read_submission(self) -> bytes | str:
        """The submitted file, or, for the student, why it cannot be read."""
        try:
            with speaking(self.language()):
                return read_file(self.path("submitted"), MAX_NOTEBOOK_BYTES)
        except ValueError as reason:
            return str(reason)


@dataclass(frozen=True)
class Graded:
    """What this package has found out about a notebook, in one language."""

    result: JobResult
    language: str


@dataclass(frozen=True, eq=False)
class NotebookContext(NotebookFiles):
    """The notebook that is being converted. The converter puts it into the resources.

    graded: None if this package does not grade it. marks: a person's marks from before this run.
    instead_of: if the notebook is untouched, other files that may be it.
    """

    graded: Graded | None
    marks: Marks
    instead_of: tuple[str, ...] = ()

    def __deepcopy__(self, memo: object) -> NotebookContext:
        """The same object: nbconvert deep-copies resources, and a result is large."""
        return self

    @classmethod
    def of(cls, resources: Resources) -> NotebookContext:
        """The context in nbconvert's resources."""
        context = resources["nbgrader"][CONTEXT]
        assert isinstance(context, cls)
        return context


@lru_cache(maxsize=100)
def checks_cells(assignment_id: str, release: bytes) -> tuple[str, ...]:
    """The checks cells of a released notebook that this package judges, in order; empty where nbgrader grades alone."""
    if (assignment := find(assignment_id)) is None:
        return ()
    notebook = nbformat.reads(release.decode(), as_version=4)
    cells = [c for c in notebook.cells if c.cell_type == "code" and utils.is_grade(c) and not utils.is_solution(c)]
    return tuple(c.metadata.nbgrader.grade_id for c in cells if assignment.checks_for(c.metadata.nbgrader.grade_id))


def course_language(course: CourseDirectory) -> str:
    """`c.Course.language` in nbgrader_config.py."""
    return str(course.config.Course.get("language", JAPANESE))


def language_of(nb: NotebookNode, otherwise: str = JAPANESE) -> str:
    """`grader.language` in the metadata of a released or graded notebook, if it is one of `languages()`."""
    about = nb.metadata.get("grader")
    stated = about.get("language") if isinstance(about, dict) else None
    return str(stated) if stated in languages() else otherwise


def parsed(release: bytes) -> NotebookNode:
    """A released notebook, in nbformat's current version."""
    notebook: NotebookNode = nbformat.from_dict(json.loads(_as_json(release)))
    return notebook


@lru_cache(maxsize=100)
def _as_json(release: bytes) -> str:
    """What nbformat reads from a notebook file; parsing it again takes a fifth of the time."""
    return json.dumps(nbformat.reads(release.decode(), as_version=4))


def with_results(nb: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """`nb` with the executed cells; their metadata stays nbgrader's: points and checksums from the gradebook."""
    metadata = {cell.id: cell.metadata for cell in nb.cells}
    for cell in executed.cells:
        cell.metadata = metadata.get(cell.id, cell.metadata)
    nb.cells = executed.cells
    return nb
