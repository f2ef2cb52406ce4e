"""The sample class of an assignment: made-up submissions, so that an instructor can try everything before the class."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.checking.assignment import Assignment
from grader.nbgrader_plugin.course import CONFIG_FILE, PROJECT, Course
from grader.submission.match import grade_id

OBSERVATION = "observation"  # key of the text for every observation cell
RAN = "ran"  # key: whether the student saved the notebooks with the outputs of a long run
OUTPUTS = "sample_outputs.json"  # those outputs, by cell


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
    """The students of `sample_class.toml` in the assignment's folder, by name; empty where there is no such file."""
    path = assignment.folder / "sample_class.toml"
    if not path.is_file():
        return {}
    content = tomllib.loads(path.read_text())
    recorded = assignment.folder / OUTPUTS
    shown = nbformat.from_dict(json.loads(recorded.read_text())) if recorded.is_file() else {}
    students = {}
    for name, entries in content["students"].items():
        answers = {cell: answer for cell, answer in entries.items() if cell not in (OBSERVATION, RAN)}
        texts = {cell: content["answers"][cell][answer] for cell, answer in answers.items()}
        students[name] = SampleStudent(answers, texts, entries.get(OBSERVATION, ""), shown if entries.get(RAN) else {})
    return students


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
