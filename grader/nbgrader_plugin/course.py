"""A course folder and nbgrader's own API on it. The only module that starts nbgrader's converters."""

from __future__ import annotations

import glob
import hashlib
import logging
import os
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log, temp_attrs
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

import grader
from grader.errors import UserError
from grader.nbgrader_plugin.converter import Autograde, NotGraded, clear_scores
from grader.nbgrader_plugin.gradebook import Row, rows
from grader.submission import files as handed_in

PROJECT = Path(grader.__file__).resolve().parents[1]
MAX_DIGESTED = 64 << 20  # bytes; a notebook above 50 MB is not read


class Course:
    """root: the folder with source/, submitted/ and so on. Configured by the project's nbgrader_config.py.

    without_walls: see `execute.Execute`; the configuration may say so, too. jobs: processes of a run, see `ClassRun`.
    """

    def __init__(self, root: Path, assignment: str, without_walls: bool = False) -> None:
        self.root, self.assignment = root.resolve(), assignment
        configured = self.root if (self.root / "nbgrader_config.py").is_file() else PROJECT
        config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(configured)).load_config()
        config.CourseDirectory.root = str(self.root)
        config.NbGraderAPI.log_level = logging.WARNING  # it keeps in memory what it says: 12 KB for each submission
        if without_walls:
            config.Execute.without_walls = True
        self.without_walls = bool(config.Execute.get("without_walls", False))
        self.jobs = int(config.ClassRun.get("jobs", 0)) or os.cpu_count() or 1
        self.directory = CourseDirectory(config=config)
        self._api = NbGraderAPI(coursedir=self.directory, config=config)
        beside = str(Path(sys.executable).parent)  # nbgrader calls `alembic`, which lies beside this interpreter
        if beside not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])

    def folder(self, kind: str, student: str = ".") -> Path:
        """kind: "source", "release", "submitted", "autograded" or "feedback"."""
        name = getattr(self.directory, f"{kind}_directory")
        return self.root / str(self.directory.format_path(name, student, self.assignment))

    def students(self) -> list[str]:
        """Who has handed in a folder for this assignment."""
        submitted = self.folder("submitted", "*").parent.parent
        return sorted(path.parent.name for path in submitted.glob(f"*/{self.assignment}"))

    def build_release(self) -> None:
        """Release and gradebook entry from the source. Raises UserError."""
        if not any(self.folder("source").glob("*.ipynb")):
            found = sorted(path.name for path in self.folder("source").parent.glob("*") if path.is_dir())
            there = f"there: {', '.join(found)}" if found else "and no other assignment either"
            raise UserError(f"No assignment '{self.assignment}' in {self.folder('source').parent} ({there}).")
        reply = self._api.generate_assignment(self.assignment, force=True, create=True)
        if not reply["success"]:
            raise UserError(f"The release was not built: {_reason(reply)}")

    def autograde(self, student: str) -> str:
        """→ "" or why this submission has no grade; an earlier one's grade then no longer stands."""
        reason = _reason(self._api.autograde(self.assignment, glob.escape(student), force=True, create=True))
        if reason:
            clear_scores(self.directory, student, self.assignment)
        return reason

    def autograde_all(self, students: Collection[str], on_done: Callable[[str, str], None]) -> list[tuple[float, str]]:
        """As `autograde`, in parallel; `on_done` is told of each student's end: "" or why there is no grade.

        → the slowest notebooks: seconds, whose. Raises KeyboardInterrupt.
        """
        waiting = set(students)

        def tell(student: str, reason: str) -> None:
            waiting.discard(student)
            if reason:
                clear_scores(self.directory, student, self.assignment)
            on_done(student, reason)

        with temp_attrs(self.directory, assignment_id=self.assignment, student_id="*"):
            converter = Autograde(coursedir=self.directory, parent=self._api)
            converter.force = converter.create_student = True
            converter.only, converter.on_done = frozenset(students), tell
            reason = _reason(capture_log(converter))
        for student in sorted(waiting):
            tell(student, reason or "nbgrader did not come to it")
        return converter.class_run.slowest if converter.class_run else []

    def write_feedback(self, student: str) -> str:
        """→ "" or why there is none."""
        return _reason(self._api.generate_feedback(self.assignment, glob.escape(student), force=True))

    def grades(self) -> list[Row]:
        """All students in the gradebook. Raises UserError."""
        try:
            with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
                return rows(gradebook, self.assignment)
        except MissingEntry:
            raise UserError(f"The gradebook has no assignment '{self.assignment}': build its release first.") from None

    def grades_digests(self, students: Iterable[str]) -> dict[str, str]:
        """For each, of everything that feedback shows beside the notebook: scores, comments, penalty."""
        with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            return {s: _digest_of(gradebook.find_submission(self.assignment, s)) for s in students}


def _digest_of(submission: Any) -> str:
    """submission: nbgrader's SubmittedAssignment."""
    shown = [
        (notebook.name, grade.name, grade.auto_score, grade.manual_score, grade.extra_credit)
        for notebook in submission.notebooks
        for grade in notebook.grades
    ]
    said = [(n.name, c.name, c.manual_comment) for n in submission.notebooks for c in n.comments]
    text = repr((sorted(map(repr, shown)), sorted(map(repr, said)), submission.late_submission_penalty))
    return hashlib.sha256(text.encode()).hexdigest()


def _reason(reply: dict[str, Any]) -> str:
    """Why nbgrader failed, or "". Raises KeyboardInterrupt, which nbgrader takes for any other error."""
    if reply["success"]:
        return ""
    last = str(reply.get("error", "")).rstrip().rpartition("\n")[2]
    if last == "KeyboardInterrupt":
        raise KeyboardInterrupt
    if told := last.partition(f"{NotGraded.__name__}: ")[2]:
        return told
    lines = [line for line in (reply.get("log") or reply.get("error") or "").splitlines() if "ERROR" in line]
    lines = [line.split("ERROR", 1)[1].strip(" |]:") for line in lines]
    return next((line for line in lines if line and "log" not in line), "nbgrader failed without a word")


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over names and contents of all files under `paths`, caches left out; of what is too large: its time."""
    total = hashlib.sha256()
    for path in paths:
        for file in [path] if path.is_file() else handed_in.files(path):
            if file.suffix == ".pyc":
                continue
            known = file.stat()
            total.update(f"{file.relative_to(path.parent)}\0{known.st_size}\0".encode(errors="replace"))
            try:
                total.update(handed_in.read(file, MAX_DIGESTED))
            except ValueError:
                total.update(str(known.st_mtime_ns).encode())
    return total.hexdigest()
