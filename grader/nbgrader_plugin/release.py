"""The release of an assignment and its entry in the gradebook, made from the source."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log, temp_attrs
from traitlets.config import Configurable


class Reply(TypedDict, total=False):
    """What nbgrader's API returns. error: a traceback."""

    success: bool
    error: str
    log: str


def build(course: CourseDirectory, assignment_id: str, parent: Configurable) -> Reply:
    """Build them again, as `nbgrader generate_assignment` does. parent: has the configuration."""
    with temp_attrs(course, assignment_id=assignment_id, notebook_id="*"):
        converter = GenerateAssignment(coursedir=course, parent=parent)
        converter.force = converter.create_assignment = True
        reply: Reply = capture_log(converter)
        return reply


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
