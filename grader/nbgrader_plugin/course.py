"""A course folder: its settings, its students, and nbgrader's commands on it, called through nbgrader's API."""

from __future__ import annotations

import copy
import glob
import hashlib
import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log, temp_attrs
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from grader.batch import runner
from grader.batch.process_pool import ProcessPool, WorkerPool
from grader.checking.assignment import find
from grader.errors import UserError
from grader.nbgrader_plugin.converter import Autograde, NotGraded
from grader.nbgrader_plugin.gradebook import Row, refused_rows, rows
from grader.nbgrader_plugin.jobs import course_language
from grader.nbgrader_plugin.page.missing import missing_notebooks
from grader.nbgrader_plugin.release import PROJECT as PROJECT
from grader.nbgrader_plugin.release import Reply, build, is_missing
from grader.nbgrader_plugin.saving.content import feedback_digest, grades_digest, remembered, submission_digest
from grader.nbgrader_plugin.saving.scores import clear_scores
from grader.submission.files import is_student_name
from grader.submission.language import languages
from grader.submission.overlooked import made_by_tools

CONFIG_FILE = "nbgrader_config.py"
MAX_FIELD = 128  # characters of a name in nbgrader's database


@dataclass(frozen=True)
class Member:
    """A student in the gradebook. number: the LMS's, or "". All texts may be empty but the id."""

    student: str
    number: str = ""
    first: str = ""
    last: str = ""
    email: str = ""


class Course:
    """A course folder, configured by its own nbgrader_config.py, or by the project's if it has none.

    root: the folder with source/, submitted/ and so on. assignment: nbgrader's id.
    without_walls: grade without a sandbox; the configuration may say so, too. processes: for one run.
    settings: the configuration file's. data_file, device: as configured; see `Execute`. language: the edition's, or as
    configured: of what students are told, unless a notebook's metadata name another one. published_at: address of the
    students' folder on GitHub, or "". edition: its language, or "". grades_file, report_folder: an edition has its own.
    """

    def __init__(self, root: Path, assignment: str, without_walls: bool = False) -> None:
        """Raises UserError for settings that this package does not support, and for such an nbgrader."""
        self.root, self.assignment = root.resolve(), assignment
        config = _load_config(self.root if (self.root / CONFIG_FILE).is_file() else PROJECT)
        self.settings = copy.deepcopy(config)
        config.CourseDirectory.root = str(self.root)
        config.NbGraderAPI.log_level = logging.WARNING  # it keeps its log in memory: 12 KB for each submission
        if without_walls:
            config.Execute.without_walls = True
        self.without_walls = bool(config.Execute.get("without_walls", False))
        self.data_file = str(config.Execute.get("data", ""))
        self.device = str(config.Execute.get("device", "auto"))
        self.processes = int(config.ClassRun.get("jobs", 0)) or os.cpu_count() or 1
        self.directory = CourseDirectory(config=config)
        self.language = course_language(self.directory)
        if self.language not in languages():
            raise UserError(f"c.Course.language = {self.language!r} is none of {', '.join(languages())}.")
        found = find(assignment)
        self.edition = found.language if found else ""
        if self.edition in languages():
            self.language = self.edition
        suffix = f"_{self.edition}" if self.edition else ""
        self.grades_file, self.report_folder = self.root / f"grades{suffix}.csv", self.root / f"report{suffix}"
        self.published_at = str(config.Course.get("published_at", ""))
        self._api = NbGraderAPI(coursedir=self.directory, config=config)

    def folder(self, step: str, student: str = ".") -> Path:
        """step: "source", "release", "submitted", "autograded" or "feedback"."""
        name = getattr(self.directory, f"{step}_directory")
        return self.root / str(self.directory.format_path(name, student, self.assignment))

    def students(self) -> list[str]:
        """The students with a submission folder for this assignment, sorted."""
        submitted = self.folder("submitted", "*").parent.parent
        names = (path.parent.name for path in submitted.glob(f"*/{self.assignment}"))
        return sorted(name for name in names if not made_by_tools(name))

    def build_release(self) -> None:
        """Build the release and the gradebook's entry from the source. Raises UserError."""
        if not any(self.folder("source").glob("*.ipynb")):
            found = sorted(path.name for path in self.folder("source").parent.glob("*") if path.is_dir())
            available = f"available: {', '.join(found)}" if found else "and no other assignment either"
            raise UserError(f"No assignment '{self.assignment}' in {self.folder('source').parent} ({available}).")
        reply = build(self.directory, self.assignment, self._api)
        if not reply["success"]:
            raise UserError(f"The release was not built: {_reason(reply)}")

    def needs_release(self) -> bool:
        """Whether `build_release` would make something that is missing."""
        return is_missing(self.directory, self.assignment)

    @contextmanager
    def workers(self, submissions: int) -> Iterator[WorkerPool | None]:
        """Workers that import while the run over so many new submissions is prepared; None where it needs none."""
        few = self.processes == 1 or submissions <= runner.MAX_WITHOUT_POOL
        if few or self.settings.ClassRun.get("scheduler"):
            yield None
            return
        pool = ProcessPool(self.processes, bool(self.settings.Execute.get("student_gpu", False)))
        try:
            yield pool
        finally:
            pool.close()

    def autograde_all(
        self,
        students: Collection[str],
        on_done: Callable[[str, str], None],
        on_undecided: Callable[[str], None] = lambda student: None,
        on_notebook: Callable[[], None] = lambda: None,
        pool: WorkerPool | None = None,
    ) -> runner.ClassRun | None:
        """Grade these students in parallel, also those that have been graded before.

        on_done: called once for each student, with "" or the reason why there is no grade; a grade of an earlier
        submission is then removed. on_undecided: called after it for each student with a notebook that a later run
        should judge again. on_notebook: called for each notebook that is graded. pool: of `workers`. → the run, with
        its slowest notebooks and those that a time limit has stopped; None if it did not start. Raises
        KeyboardInterrupt.
        """
        waiting = set(students)

        def report(student: str, reason: str) -> None:
            waiting.discard(student)
            if reason:
                clear_scores(self.directory, student, self.assignment)
            on_done(student, reason)
            if converter.class_run and student in converter.class_run.undecided:
                on_undecided(student)

        with temp_attrs(self.directory, assignment_id=self.assignment, student_id="*"):
            converter = Autograde(coursedir=self.directory, parent=self._api)
            converter.force = converter.create_student = True
            converter.only, converter.on_done = frozenset(students), report
            converter.on_notebook, converter.pool = on_notebook, pool
            reason = _reason(capture_log(converter))
        for student in sorted(waiting):
            report(student, reason or "nbgrader skipped this submission")
        return converter.class_run

    def notebooks(self, student: str) -> int:
        """How many of the released notebooks a submission has; at least 1, the work that a submission is for a run."""
        names = (path.name for path in self.folder("release").glob("*.ipynb"))
        return max(1, sum(os.path.lexists(self.folder("submitted", student) / name) for name in names))

    def submission_digest(self, student: str) -> str:
        """A digest of all that grading reads of a submission."""
        return submission_digest(self.directory, self.assignment, student)

    def graded_digest(self, student: str) -> str:
        """The same of the submission that was graded last, by any command; "" if there is none."""
        return remembered(self.directory, self.assignment, student, "graded")

    def with_stale_feedback(self, students: Iterable[str]) -> list[str]:
        """Those whose pages do not show what was graded last, or the grades, as they are now."""
        now = self._digests(students, lambda submission: feedback_digest(self.directory, submission))
        return [s for s in now if now[s] != remembered(self.directory, self.assignment, s, "shown")]

    def write_feedback(self, student: str) -> str:
        """→ "" or the reason why there is no feedback."""
        return _reason(self._api.generate_feedback(self.assignment, glob.escape(student), force=True))

    def lacks_notebooks(self, student: str) -> bool:
        """Whether a submission that the gradebook knows lacks released notebooks: feedback says what was found."""
        return is_student_name(student) and bool(missing_notebooks(self.directory, self.assignment, student))

    def grades(self) -> list[Row]:
        """The grades of all students in the gradebook. Raises UserError."""
        try:
            with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
                return rows(gradebook, self.assignment, self.directory)
        except MissingEntry:
            raise UserError(f"The gradebook has no assignment '{self.assignment}': build its release first.") from None

    def refused(self, reasons: Mapping[str, str]) -> list[Row]:
        """Rows for the students whose names are refused; reasons: by student, of all who were not graded."""
        with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            return refused_rows(gradebook, self.assignment, reasons)

    def due_dates(self, students: Iterable[str]) -> dict[str, str]:
        """For each student what a late penalty depends on: due date, extension, and a late submission's marks."""
        with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            due = gradebook.find_assignment(self.assignment).duedate
            return {s: repr((due, *_lateness(gradebook, self.assignment, s))) for s in students}

    def grades_digests(self, students: Iterable[str]) -> dict[str, str]:
        """For each student, a digest of what feedback shows besides the notebook: name, scores, comments, penalty."""
        return self._digests(students, grades_digest)

    def results_digests(self, students: Iterable[str]) -> dict[str, str]:
        """For each student, a digest of what grading has put into the gradebook, without a person's marks.

        "" if the gradebook has no submission: a student was removed, or it is new or another one.
        """
        return self._digests(students, _results_digest)

    def _digests(self, students: Iterable[str], digest: Callable[[SubmittedAssignment], str]) -> dict[str, str]:
        found = dict.fromkeys(students, "")
        with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            for student in found:
                with suppress(MissingEntry):
                    found[student] = digest(gradebook.find_submission(self.assignment, student))
        return found

    def members(self) -> list[Member]:
        """The students in the gradebook, by id."""
        with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            found = [
                Member(s.id, s.lms_user_id or "", s.first_name or "", s.last_name or "", s.email or "")
                for s in gradebook.students
            ]
        return sorted(found, key=lambda member: member.student)

    def enrol(self, members: Iterable[Member]) -> None:
        """Add students to the gradebook, or update their names, addresses and numbers. Empty texts change nothing.

        Names are stored without the characters that formgrader would run; see `install`.
        Who has no first name gets an empty one: formgrader would show None.
        """
        with Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            for member in members:
                about = {
                    "lms_user_id": member.number,
                    "first_name": member.first,
                    "last_name": member.last,
                    "email": member.email,
                }
                told = {field: text[:MAX_FIELD] for field, text in about.items() if text}
                if member.last:
                    told.setdefault("first_name", "")
                gradebook.update_or_create_student(member.student, **told)


def _load_config(folder: Path) -> Config:
    try:
        config: Config = PyFileConfigLoader(CONFIG_FILE, path=str(folder)).load_config()
    except SystemExit as error:  # from `install`
        raise UserError(str(error)) from None
    return config


def _lateness(gradebook: Gradebook, assignment_id: str, student: str) -> tuple[object, ...]:
    """A student's extension and, of a late submission, a person's marks. The same before and after the first run."""
    try:
        submission = gradebook.find_submission(assignment_id, student)
    except MissingEntry:
        return None, []
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades if submission.total_seconds_late]
    marked = [grade for grade in grades if grade.manual_score is not None or grade.extra_credit]
    return submission.extension or None, sorted(repr((g.name, g.manual_score, g.extra_credit)) for g in marked)


def _results_digest(submission: SubmittedAssignment) -> str:
    scores = sorted(repr((n.name, g.name, g.auto_score)) for n in submission.notebooks for g in n.grades)
    return hashlib.sha256(repr(scores).encode()).hexdigest()


def _reason(reply: Reply) -> str:
    """Why nbgrader failed, in one line, or "". Raises KeyboardInterrupt, which nbgrader catches as any exception."""
    if reply["success"]:
        return ""
    last_line = reply.get("error", "").rstrip().rpartition("\n")[2]
    if last_line == "KeyboardInterrupt":
        raise KeyboardInterrupt
    if reason := last_line.partition(f"{NotGraded.__name__}: ")[2]:
        return reason
    lines = [line for line in (reply.get("log") or reply.get("error") or "").splitlines() if "ERROR" in line]
    lines = [line.split("ERROR", 1)[1].strip(" |]:") for line in lines]
    return next((line for line in lines if line and "log" not in line), "nbgrader failed without a message")
