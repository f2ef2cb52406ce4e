"""nbgrader's `GenerateFeedback` with a page for every expected notebook, also for one that is missing or misnamed."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from nbformat import NotebookNode
from nbgrader import converters as stock
from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory

from grader.checking.assignment import find
from grader.nbgrader_plugin.jobs import NotebookFiles, parsed
from grader.nbgrader_plugin.saving.content import feedback_digest, remember
from grader.nbgrader_plugin.saving.transaction import SubmissionGradebook, open_gradebook
from grader.submission.files import SECRET, TIMESTAMP, folder_problem, is_student_name, read_file
from grader.submission.language import gettext, speaking
from grader.submission.overlooked import list_names, other_notebooks

MAX_BYTES = 1000  # of a submission's time and of its secret


class GenerateFeedback(stock.GenerateFeedback):  # type: ignore[misc]
    """See the module. `install` replaces nbgrader's converter."""

    def init_notebooks(self) -> None:
        """Select graded notebooks, and those that are missing in submissions that the gradebook knows."""
        course = self.coursedir
        pattern = self._format_source(course.assignment_id, course.student_id)
        self.assignments: dict[str, list[str]] = {}
        self.notebooks: list[str] = []
        missing = dict(self._missing())
        if not missing or glob.glob(os.path.join(pattern, f"{course.notebook_id}.ipynb")):
            super().init_notebooks()
        for student, names in missing.items():
            folder = self._format_source(course.assignment_id, student)
            paths = [os.path.join(folder, f"{name}.ipynb") for name in names]
            self.assignments[folder] = [*self.assignments.get(folder, []), *paths]

    def _missing(self) -> Iterator[tuple[str, list[str]]]:
        """(student, names) of the notebooks that get a page although they are missing."""
        course = self.coursedir
        submitted = course.format_path(course.submitted_directory, course.student_id, course.assignment_id)
        students = (
            {Path(folder).parent.name for folder in glob.glob(submitted)} if find(course.assignment_id) else set()
        )
        for student in sorted(filter(is_student_name, students)):
            found = missing_notebooks(course, course.assignment_id, student)
            if names := [name for name in found if fnmatchcase(name, course.notebook_id)]:
                yield student, names

    def convert_notebooks(self) -> None:
        """As nbgrader's; the gradebook, which is only read, is opened once."""
        gradebook = SubmissionGradebook(self.coursedir.db_url, self.coursedir.course_id)
        gradebook.begin()
        try:
            super().convert_notebooks()
        finally:
            gradebook.end(save=False)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """As nbgrader's; adds what `nbgrader release_feedback` reads, and ends in a traceback without, for everybody.

        A submission that did not come through nbgrader's exchange has no time, and no secret to name its pages by; a
        student may have made folders of these names, or other files. The time stays empty. The secret is a digest of
        the submission's random id, which only the gradebook contains.
        """
        super().init_assignment(assignment_id, student_id)
        folder = Path(self._format_dest(assignment_id, student_id))
        folder.mkdir(parents=True, exist_ok=True)
        with open_gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            submission = gradebook.find_submission(assignment_id, student_id)
            unique = str(submission.id)
            shown = feedback_digest(self.coursedir, submission) if self.coursedir.notebook_id == "*" else ""
        remember(self.coursedir, assignment_id, student_id, "shown", shown)
        secret = hashlib.sha256(unique.encode()).hexdigest()
        for name, content in {TIMESTAMP: "", SECRET: secret}.items():
            if not _is_short_text(folder / name):
                if (folder / name).is_dir():
                    shutil.rmtree(folder / name)
                (folder / name).unlink(missing_ok=True)
                (folder / name).write_text(content)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """As nbgrader's; a notebook that is missing is made from the release."""
        if os.path.lexists(notebook_filename):
            super().convert_single_notebook(notebook_filename)
            return
        resources = self.init_single_notebook_resources(notebook_filename)
        ids = resources["nbgrader"]
        files = NotebookFiles(self.coursedir, ids["assignment"], ids["student"], ids["notebook"])
        output, resources = self.exporter.from_notebook_node(in_place_of(files), resources=resources)
        self.write_single_notebook(output, resources)


def _is_short_text(path: Path) -> bool:
    try:
        return read_file(path, MAX_BYTES).isascii()
    except ValueError:
        return False


def missing_notebooks(course: CourseDirectory, assignment_id: str, student: str) -> list[str]:
    """The released notebooks that a known student's submission lacks, by name; paths are relative to the course."""
    root, expected = Path(course.root), []
    submitted = root / course.format_path(course.submitted_directory, student, assignment_id)
    autograded = root / course.format_path(course.autograded_directory, student, assignment_id)
    release = root / course.format_path(course.release_directory, ".", assignment_id)
    if folder_problem(submitted):
        return []
    for path in sorted(release.glob("*.ipynb")):
        if not os.path.lexists(submitted / path.name) and not os.path.lexists(autograded / path.name):
            expected.append(path.stem)
    if expected:
        with open_gradebook(course.db_url, course.course_id) as gradebook:
            try:
                graded = {str(n.name) for n in gradebook.find_submission(assignment_id, student).notebooks}
            except MissingEntry:
                graded = set()
        expected = [name for name in expected if name in graded]
    return expected


def in_place_of(files: NotebookFiles) -> NotebookNode:
    """The notebook that stands for a missing one: the release, whose metadata say what was found instead."""
    nb = parsed(files.read("release") or b"")
    found = other_notebooks(files.path("submitted").parent, ())
    with speaking(files.language()):
        if found:
            reason = gettext("{notebook} がありません。提出されたのは {names} です")
        else:
            reason = gettext("{notebook} がありません。ノートブックは一つも提出されていません")
        reason = reason.format(notebook=f"{files.notebook}.ipynb", names=list_names(found))
    nb.metadata["grader"] = {"language": files.language(), "missing": reason}
    nb.cells = [cell for cell in nb.cells if cell.cell_type == "markdown" or cell.metadata.get("nbgrader")]
    return nb
