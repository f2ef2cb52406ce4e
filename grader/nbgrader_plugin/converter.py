"""nbgrader's converter for submissions, where it would end a batch, follow a link or leave an old grade standing.

`nbgrader_config.py` puts it in the place of nbgrader's own, for the command line and the API (formgrader's button).
"""

from __future__ import annotations

import functools
import glob
import logging
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from nbgrader import api as gradebooks
from nbgrader import converters as stock
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.utils import parse_utc
from traitlets.config import Application

from grader.batch.runner import ClassRun
from grader.errors import GraderError, GraderFault, UserError, WallsMissing
from grader.nbgrader_plugin.gradebook import remarks
from grader.nbgrader_plugin.preprocessors import Execute, refusal
from grader.sandbox.isolation.bounds import ALL, OUTER
from grader.sandbox.isolation.probe import probe
from grader.submission import files as handed_in

MAX_TIMESTAMP = 1000  # bytes
YEARS = range(2000, 2101)  # of a timestamp; near year 1 or 9999 no other time zone's date can be told


class NotGraded(GraderError, NbGraderException):  # type: ignore[misc]
    """A submission that has no grade; its text is the reason, one line."""


class _PlainFiles(BaseConverter):  # type: ignore[misc]
    """In place of nbgrader's own copying, which follows links: of a pipe it never sees the end."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy what was handed in beside the notebooks: regular files that no browser would run, while there is room.

        A sparse file of 100 MB takes nothing where it was handed in, and 100 MB here. The timestamp goes first: without
        it nbgrader would not see that a later submission is later.
        """
        source = Path(self._format_source(assignment_id, student_id))
        target = Path(self._format_dest(assignment_id, student_id))
        room = handed_in.SizeBudget()
        for path in sorted(handed_in.files(source), key=lambda path: path != source / "timestamp.txt"):
            name = path.relative_to(source)
            if any(fnmatch(part, pattern) for part in name.parts for pattern in ["*.ipynb", *self.coursedir.ignore]):
                continue
            try:
                if handed_in.runs_in_a_browser(name.name):
                    raise ValueError("a browser would run it")
                content = room.read(path, name.as_posix(), 1000 * self.coursedir.max_file_size)
            except ValueError as reason:
                self.log.warning("Left out %s: %s", handed_in.printable(str(path)), reason)
                continue
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).unlink(missing_ok=True)
            (target / name).write_bytes(content)


class Autograde(stock.Autograde, _PlainFiles):  # type: ignore[misc]
    """As nbgrader's; what cannot be graded has no grade, a flag for a person, and a reason at the end."""

    only: Collection[str] | None = None  # students; None: everyone that nbgrader's options name
    class_run: ClassRun | None = None
    on_done: Callable[[str, str], None] | None = None  # told of each student's end: "" or why there is no grade

    def init_notebooks(self) -> None:
        """Set apart what cannot be graded. Raises nbgrader's exception where nothing was handed in at all."""
        folders = glob.glob(self._format_source(self.coursedir.assignment_id, self.coursedir.student_id))
        expected = self._expected()
        reasons = {folder: self._why_not(folder, expected) for folder in sorted(folders)}
        self._refused = {folder: reason for folder, reason in reasons.items() if reason}
        self.assignments: dict[str, list[str]] = {}
        self.notebooks: list[str] = []
        if not folders or len(self._refused) < len(folders):
            super().init_notebooks()
        wanted = {f for f in {*self.assignments, *self._refused} if self._wants(self._student(f))}
        self._refused = {f: reason for f, reason in self._refused.items() if f in wanted}
        self.assignments = {f: n for f, n in self.assignments.items() if f in wanted and f not in self._refused}

    def convert_notebooks(self) -> None:
        """All that can be graded, then the reasons. On the command line they are no failure; to the API they are."""
        self.class_run = ClassRun(Path(self.coursedir.root).resolve() / "build" / "results", parent=self)
        try:
            with one_engine():
                self._begin(self.class_run)
                super().convert_notebooks()
        finally:
            self.class_run.close()
            self._tell_what_was_not_read()
            for folder, reason in self._refused.items():
                student = self._student(folder)
                if handed_in.is_name(student):
                    clear_scores(self.coursedir, student, self.coursedir.assignment_id)
                    shutil.rmtree(self._format_dest(self.coursedir.assignment_id, student), ignore_errors=True)
                self.log.error("Not graded: %s: %s", handed_in.printable(student), reason)
                self._tell(student, reason)
        if self._refused and not isinstance(self.parent, Application):
            raise NotGraded("; ".join(self._refused.values()))

    def _tell_what_was_not_read(self) -> None:
        """Graded with 0 points, for a person to look at: those of this run."""
        here = {self._student(folder) for folder in self.assignments}
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            for student, remark in remarks(gradebook, self.coursedir.assignment_id) if here else ():
                if student in here:
                    self.log.error("0 points, a person should look: %s: %s", student, remark)

    def _begin(self, class_run: ClassRun) -> None:
        """Start all that is pending, ahead of the loop. Where walls are missing: the end, with the reason."""
        execute = Execute(parent=self)
        makes = [
            functools.partial(execute.job, self.coursedir, self.coursedir.assignment_id, student, Path(notebook).stem)
            for folder, notebooks in sorted(self.assignments.items())
            if (student := self._student(folder)) and self._is_pending(student, notebooks)
            for notebook in sorted(notebooks)
        ]
        try:
            if makes and not class_run.scheduler and (job := makes[0]()):
                walls = probe(ALL if job.without_walls else ())
                if missing := walls.essential_missing:
                    raise WallsMissing("; ".join(missing))
                self.log.log(logging.INFO if OUTER in walls.standing else logging.WARNING, "%s", walls)
            class_run.begin(makes)
        except WallsMissing as missing:
            self.log.error("%s", refusal(str(missing)))
            raise SystemExit(1) from None
        except (UserError, GraderFault) as error:
            self.log.error("%s", error)
            raise SystemExit(1) from None

    def _is_pending(self, student: str, notebooks: list[str]) -> bool:
        """As nbgrader decides in `init_destination`, without its doing."""
        source = self._format_source(self.coursedir.assignment_id, student)
        graded = Path(self._format_dest(self.coursedir.assignment_id, student))
        if self.force or self._unfinished(student).exists():
            return True
        if not all((graded / Path(notebook).name).exists() for notebook in notebooks):
            return True
        new, old = (self.coursedir.get_existing_timestamp(str(folder)) for folder in (source, graded))
        return new is not None and old is not None and new > old

    def _unfinished(self, student: str) -> Path:
        """There while a submission is being graded: what a killed run leaves half-written does not count."""
        root: Path = Path(self.coursedir.root)
        return root / "build" / "unfinished" / str(self.coursedir.assignment_id) / student

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """As nbgrader's; what a killed run has left is done again, and an earlier grade no longer stands meanwhile."""
        unfinished = self._unfinished(student_id)
        graded = Path(self._format_dest(assignment_id, student_id))
        again = graded.exists()
        if unfinished.exists():
            shutil.rmtree(graded, ignore_errors=True)
        wanted = bool(super().init_destination(assignment_id, student_id))
        if wanted:
            unfinished.parent.mkdir(parents=True, exist_ok=True)
            unfinished.touch()
            if again:
                clear_scores(self.coursedir, student_id, assignment_id)
        return wanted

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """As nbgrader's; the last step of a submission."""
        super().set_permissions(assignment_id, student_id)
        self._unfinished(student_id).unlink(missing_ok=True)
        self._tell(student_id, "")

    def _wants(self, student: str) -> bool:
        return self.only is None or student in self.only

    def _tell(self, student: str, reason: str) -> None:
        if self.on_done:
            self.on_done(student, reason)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """As nbgrader's; where a notebook is missing and another name is there, a person looks at the 0."""
        super().init_assignment(assignment_id, student_id)
        there = {path.name for path in Path(self._format_source(assignment_id, student_id)).glob("*.ipynb")}
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            names = {f"{notebook.name}.ipynb" for notebook in gradebook.find_assignment(assignment_id).notebooks}
            others = ", ".join(map(handed_in.printable, sorted(there - names)[:5]))
            for name in names - there:
                notebook = gradebook.find_submission_notebook(name.removesuffix(".ipynb"), assignment_id, student_id)
                for grade in notebook.grades:
                    grade.needs_manual_grade = bool(others)
                for comment in notebook.comments:
                    comment.auto_comment = f"{name} がありません。提出されたのは {others} です" if others else None
            gradebook.db.commit()

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """As nbgrader's; what fails leaves no grade of an earlier submission."""
        student = self._student(str(Path(notebook_filename).parent))
        try:
            super().convert_single_notebook(notebook_filename)
        except UserError as error:  # nobody else can be graded either
            clear_scores(self.coursedir, student, self.coursedir.assignment_id)
            self.log.error("%s", error)
            raise SystemExit(1) from None
        except Exception as error:
            clear_scores(self.coursedir, student, self.coursedir.assignment_id)
            self._tell(student, f"{type(error).__name__}: {str(error)[:200]}")
            raise

    def _student(self, folder: str) -> str:
        """Whose folder it is."""
        pattern = self._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
        match = re.match(pattern, folder, re.DOTALL)  # a folder's name may hold a line end
        return match["student_id"] if match else folder

    def _expected(self) -> list[str] | None:
        """Names of the assignment's notebooks; None where there is no such assignment, as nbgrader will say."""
        try:
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                found = gradebook.find_assignment(self.coursedir.assignment_id).notebooks
                return [f"{notebook.name}.ipynb" for notebook in found]
        except MissingEntry:
            return None

    def _why_not(self, folder: str, expected: list[str] | None) -> str:
        if not handed_in.is_name(self._student(folder)):
            return "the folder's name cannot be a student's: no line ends, none of < > \" \\ * ? ["
        if expected is None:
            return ""
        return handed_in.why_not(Path(folder), expected) or _bad_timestamp(Path(folder) / "timestamp.txt")


@contextmanager
def one_engine() -> Iterator[None]:
    """nbgrader opens its gradebook seven times for each notebook, with an engine of its own that compiles each query
    anew, an eighth of what saving takes. Within, the same address has the same engine."""
    create = gradebooks.create_engine
    gradebooks.create_engine = functools.cache(create)
    try:
        yield
    finally:
        gradebooks.create_engine = create


def _bad_timestamp(path: Path) -> str:
    """nbgrader opens it whatever it is. An unreadable one ends in a traceback; a far one does, for the whole class,
    where formgrader tells it in another time zone."""
    try:
        if path.exists() or path.is_symlink():
            told = parse_utc(handed_in.read(path, MAX_TIMESTAMP).decode().strip() or "2000-01-01")
            if told.year not in YEARS:
                return "timestamp.txt holds a time of another age"
    except Exception:  # dateutil raises more than it says
        return "timestamp.txt holds no time"
    return ""


def clear_scores(course: Any, student: str, assignment: str) -> None:
    """A submission without machine's scores: an earlier one's no longer stand, and a person has to look.

    course: nbgrader's CourseDirectory.
    """
    if not handed_in.is_name(student):
        return
    with Gradebook(course.db_url, course.course_id) as gradebook:
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry:
            return
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(assignment, student)
        for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
            grade.auto_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()
