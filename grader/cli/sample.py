"""The sample class of an assignment: made-up submissions, so that an instructor can try everything before the class."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.checking.assignment import Assignment
from grader.nbgrader_plugin.course import CONFIG_FILE, PROJECT, Course
from grader.submission.match import grade_id

CLASS = "sample_class.toml"
OBSERVATION = "observation"  # key of the text for every observation cell
RAN = "ran"  # key: whether the student saved the notebooks with the outputs of a long run
OUTPUTS = "sample_outputs.json"  # those outputs, by cell; in an edition's folder what they print there


@dataclass(frozen=True)
class SampleStudent:
    """answers: solution cell → name of its answer in `sample_class.toml`. texts: solution cell → source.

    observation: the text of observation cells, "" where none was written. outputs: cell → what it had shown.
    """

    answers: Mapping[str, str]
    texts: Mapping[str, str]
    observation: str
    outputs: Mapping[str, list[NotebookNode]]


def sample_class(assignment: Assignment) -> dict[str, SampleStudent]:
    """The students of `sample_class.toml` in the assignment's folder, by name; empty where there is no such file.

    In the class of an edition, the answers in its own file take the place of those with the same names.
    """
    content, own = _read(assignment.folder / CLASS), _read(assignment.translation / CLASS).get("answers", {})
    written = {cell: texts | own.get(cell, {}) for cell, texts in content.get("answers", {}).items()}
    shown = _outputs(assignment)
    students = {}
    for name, entries in content.get("students", {}).items():
        answers = {cell: answer for cell, answer in entries.items() if cell not in (OBSERVATION, RAN)}
        texts = {cell: written[cell][answer] for cell, answer in answers.items()}
        observation = written[OBSERVATION][entries[OBSERVATION]] if OBSERVATION in entries else ""
        students[name] = SampleStudent(answers, texts, observation, shown if entries.get(RAN) else {})
    return students


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text()) if path.is_file() else {}


def _outputs(assignment: Assignment) -> dict[str, list[NotebookNode]]:
    """The recorded outputs, by cell. Figures are the same in all editions; what was printed is the edition's."""
    path = assignment.folder / OUTPUTS
    shown: dict[str, list[NotebookNode]] = nbformat.from_dict(json.loads(path.read_text())) if path.is_file() else {}
    if assignment.language and (own := assignment.translation / OUTPUTS).is_file():
        printed = json.loads(own.read_text())
        for cell, outputs in shown.items():
            for output in outputs:
                if output.output_type == "stream":
                    output.text = printed[cell]
    return shown


def course_in(root: Path, assignment: str, without_walls: bool = False) -> Course:
    """The course of the sample class. It gets the project's configuration, so that nbgrader's commands work there."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / CONFIG_FILE, root / CONFIG_FILE)
    return Course(root, assignment, without_walls)


def build(course: Course, students: Mapping[str, SampleStudent]) -> None:
    """Fill the course's source/ and submitted/ folders."""
    shutil.copytree(PROJECT / "source", course.root / "source", dirs_exist_ok=True)
    course.build_release()
    for name, student in students.items():
        folder = course.folder("submitted", name)
        folder.mkdir(parents=True, exist_ok=True)
        for release in sorted(course.folder("release").glob("*.ipynb")):
            (folder / release.name).write_text(_filled(release, student))


def _filled(release: Path, student: SampleStudent) -> str:
    notebook = nbformat.read(release, as_version=4)
    for cell in notebook.cells:
        name = grade_id(cell)
        cell.source = student.texts.get(name, cell.source)
        if cell.id in student.outputs:
            cell.outputs = student.outputs[cell.id]
        if student.observation and name.endswith("_observation"):
            cell.source = student.observation
    return str(nbformat.writes(notebook))
