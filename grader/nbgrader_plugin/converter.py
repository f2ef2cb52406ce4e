"""nbgrader's `Autograde` converter with parallel grading and separate failures.

A class is graded by `ClassRun` ahead of nbgrader's loop, which then saves one submission after the other. A submission
that cannot be graded gets no score and a reason, and the others go on. `install` replaces nbgrader's converter.
"""

from __future__ import annotations

import functools
import glob
import logging
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from nbgrader import converters as stock
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from traitlets.config import Application

from grader.batch.process_pool import WorkerPool
from grader.batch.runner import ClassRun, LocalRunner
from grader.checking.assignment import find
from grader.errors import GraderError, GraderFault, UserError, WallsMissing
from grader.nbgrader_plugin import release
from grader.nbgrader_plugin.extra_files import CopyRegularFiles
from grader.nbgrader_plugin.gradebook import rows
from grader.nbgrader_plugin.jobs import CONTEXT, Graded, NotebookContext, Resources, course_language
from grader.nbgrader_plugin.preprocessors import Execute
from grader.nbgrader_plugin.saving.content import remember_graded
from grader.nbgrader_plugin.saving.manual_marks import Marks, confirmed_marks
from grader.nbgrader_plugin.saving.scores import ask_about_missing, clear_scores
from grader.nbgrader_plugin.saving.transaction import SubmissionGradebook, open_gradebook
from grader.sandbox.isolation.bounds import ALL_WALLS, OUTER_WALL
from grader.sandbox.isolation.probe import probe
from grader.submission.files import is_student_name, printable
from grader.submission.overlooked import Overlooked, made_by_tools, overlooked, submission_problem

LOCAL = LocalRunner()  # kept between runs: formgrader's server grades one submission after the other


class NotGraded(GraderError, NbGraderException):  # type: ignore[misc]
    """A submission has no grade; the text is the reason, in one line."""


class Autograde(stock.Autograde, CopyRegularFiles):  # type: ignore[misc]
    """See the module. Attributes that `Course.autograde_all` sets:

    only: the students to grade; None: all that nbgrader's options select.
    on_done: called once for each student, with "" or the reason why there is no grade.
    on_notebook: called once for each notebook that has been judged, before its student's on_done.
    pool: workers that have been started for this run.
    """

    only: Collection[str] | None = None
    on_done: Callable[[str, str], None] | None = None
    on_notebook: Callable[[], None] | None = None
    pool: WorkerPool | None = None
    class_run: ClassRun | None = None
    _overlooked = Overlooked()  # in the submission that is being graded
    _marks: Marks = MappingProxyType({})  # of the submission that is being graded
    _graded: Mapping[str, Graded | None] = MappingProxyType({})  # its results, by notebook
    _saving: SubmissionGradebook

    def init_notebooks(self) -> None:
        """Select submissions, without those that cannot be graded. Raises NbGraderException if none is there."""
        self._build_missing_release()
        pattern = self._submitted(self.coursedir.assignment_id, self.coursedir.student_id)
        found = glob.glob(pattern, include_hidden=True)  # hidden folders are refused with a reason, not ignored
        folders = [folder for folder in found if not made_by_tools(self._student_of(folder))]
        expected = release.expected_notebooks(self.coursedir, self.coursedir.assignment_id)
        problems = {f: submission_problem(Path(f), self._student_of(f), expected) for f in sorted(folders)}
        self._refused = {folder: problem for folder, problem in problems.items() if problem}
        self.assignments: dict[str, list[str]] = {}
        self.notebooks: list[str] = []
        if not folders or len(self._refused) < len(folders):
            super().init_notebooks()
        known = (*self.assignments, *self._refused)
        selected = {f for f in known if self.only is None or self._student_of(f) in self.only}
        self._refused = {f: problem for f, problem in self._refused.items() if f in selected}
        self.assignments = {
            f: n for f, n in self.assignments.items() if f in selected and f in folders and f not in self._refused
        }

    def convert_notebooks(self) -> None:
        """Grade and save all selected submissions, then report those that were refused.

        Raises NotGraded for refused ones, except on the command line, where they are logged and the exit status is 0.
        """
        self.class_run = ClassRun(Path(self.coursedir.root).resolve() / "build/results", LOCAL, self.pool, parent=self)
        self._saving = SubmissionGradebook(self.coursedir.db_url, self.coursedir.course_id)
        try:
            self._start_jobs(self.class_run)
            super().convert_notebooks()
        finally:
            self._saving.end(save=False)
            self.class_run.close()
            self._log_remarks()
            for folder, problem in self._refused.items():
                student = self._student_of(folder)
                if is_student_name(student):
                    clear_scores(self.coursedir, student, self.coursedir.assignment_id)
                    shutil.rmtree(self._autograded(self.coursedir.assignment_id, student), ignore_errors=True)
                self.log.error("Not graded: %s: %s", printable(student), problem)
                self._report_done(student, problem)
        if self._refused and not isinstance(self.parent, Application):
            raise NotGraded("; ".join(self._refused.values()))

    def _start_jobs(self, class_run: ClassRun) -> None:
        """Start the jobs of all pending submissions. Exits with the reason if this host cannot sandbox them."""
        execute = Execute(parent=self)
        makes = [
            functools.partial(execute.job, self.coursedir, self.coursedir.assignment_id, student, Path(notebook).stem)
            for folder, notebooks in sorted(self.assignments.items())
            if (student := self._student_of(folder)) and self._is_pending(student, notebooks)
            for notebook in sorted(notebooks)
        ]
        try:
            if makes and not class_run.scheduler and (job := makes[0]()):
                walls = probe(ALL_WALLS if job.without_walls else ())
                if missing := walls.essential_missing:
                    raise WallsMissing("; ".join(missing))
                self.log.log(logging.INFO if OUTER_WALL in walls.standing else logging.WARNING, "%s", walls)
            class_run.begin(makes)
        except WallsMissing as missing:
            self.log.error("%s", no_sandbox_message(str(missing)))
            raise SystemExit(1) from None
        except (UserError, GraderFault) as error:
            self.log.error("%s", error)
            raise SystemExit(1) from None

    def _log_remarks(self) -> None:
        """Log what a person should look at in the submissions of this run."""
        students = {self._student_of(folder) for folder in self.assignments}
        if not students:
            return
        with self._gradebook() as gradebook:
            for row in rows(gradebook, self.coursedir.assignment_id, self.coursedir):
                for remark in row.remarks if row.student in students else ():
                    self.log.error("A person should look: %s: %s", row.student, remark)

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to grade a submission: as nbgrader decides, and again if a run was killed while it was graded.

        An earlier submission's scores are removed first.
        """
        marker = self._unfinished_marker(student_id)
        autograded = Path(self._autograded(assignment_id, student_id))
        graded_before = autograded.exists()
        if marker.exists():
            shutil.rmtree(autograded, ignore_errors=True)
        self._saving.begin()
        self._marks = confirmed_marks(self._saving, assignment_id, student_id, autograded)
        self._saving.end(save=False)
        pending = bool(super().init_destination(assignment_id, student_id))
        if pending:
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.touch()
            remember_graded(self.coursedir, assignment_id, student_id)
            if graded_before:
                clear_scores(self.coursedir, student_id, assignment_id)
        return pending

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Wait for the results, then begin the transaction, which locks the gradebook for others.

        As nbgrader's, but asks a person about a missing notebook if another file may be it, and forgets the time of an
        earlier submission.
        """
        with self._one_that_may_fail(student_id):
            names = sorted(Path(n).stem for n in self.notebooks if self._release(assignment_id, Path(n).stem))
            self._graded = {name: self._result(student_id, name) for name in names}
            if find(assignment_id) and None not in self._graded.values():  # else nbgrader runs notebooks first
                self._saving.begin()
            super().init_assignment(assignment_id, student_id)
            with self._gradebook() as gradebook:
                folder = self._submitted(assignment_id, student_id)
                submission = gradebook.find_submission(assignment_id, student_id)
                submission.timestamp = self.coursedir.get_existing_timestamp(folder)
                names = [notebook.name for notebook in gradebook.find_assignment(assignment_id).notebooks]
                releases = {name: text for name in names if (text := self._release(assignment_id, name))}
                self._overlooked = overlooked(Path(folder), releases)
                ask_about_missing(submission, Path(folder), self._overlooked, releases, course_language(self.coursedir))
                gradebook.db.commit()

    def _result(self, student: str, notebook: str) -> Graded | None:
        """Wait for the result of a notebook; None if it is not graded by this package."""
        job = Execute(parent=self).job(self.coursedir, self.coursedir.assignment_id, student, notebook)
        graded = Graded(self.class_run.result(job), job.language) if job and self.class_run else None
        if self.on_notebook:
            self.on_notebook()
        return graded

    def init_single_notebook_resources(self, notebook_filename: str) -> Resources:
        """As nbgrader's, with the `NotebookContext` for the exporter and the preprocessors."""
        resources: Resources = super().init_single_notebook_resources(notebook_filename)
        ids = resources["nbgrader"]
        ids[CONTEXT] = NotebookContext(
            self.coursedir,
            ids["assignment"],
            ids["student"],
            ids["notebook"],
            self._graded.get(ids["notebook"]),
            self._marks,
            self._overlooked.instead_of.get(ids["notebook"], ()),
        )
        return resources

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """As nbgrader's; after an error no score of an earlier submission stays."""
        with self._one_that_may_fail(self._student_of(str(Path(notebook_filename).parent))):
            super().convert_single_notebook(notebook_filename)

    @contextmanager
    def _one_that_may_fail(self, student: str) -> Iterator[None]:
        """Save nothing of a submission that fails, remove its earlier scores, and say why."""
        try:
            yield
        except Exception as error:
            self._saving.end(save=False)
            clear_scores(self.coursedir, student, self.coursedir.assignment_id)
            if isinstance(error, UserError):  # every other submission would fail, too
                self.log.error("%s", error)
                raise SystemExit(1) from None
            self._report_done(student, f"{type(error).__name__}: {str(error)[:200]}")
            raise

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """As nbgrader's; the last step of a submission."""
        super().set_permissions(assignment_id, student_id)
        with self._one_that_may_fail(student_id):
            self._saving.end(save=True)
        self._unfinished_marker(student_id).unlink(missing_ok=True)
        self._report_done(student_id, "")

    def _is_pending(self, student: str, notebooks: list[str]) -> bool:
        """Whether nbgrader's `init_destination` will say so, without its side effects."""
        submitted = self._submitted(self.coursedir.assignment_id, student)
        autograded = self._autograded(self.coursedir.assignment_id, student)
        is_complete = all((Path(autograded) / Path(notebook).name).exists() for notebook in notebooks)
        if self.force or self._unfinished_marker(student).exists() or not is_complete:
            return True
        new, old = (self.coursedir.get_existing_timestamp(folder) for folder in (submitted, autograded))
        return new is not None and old is not None and new > old

    def _report_done(self, student: str, reason: str) -> None:
        if self.on_done:
            self.on_done(student, reason)

    def _unfinished_marker(self, student: str) -> Path:
        """A file that exists while a submission is graded; it stays after a kill, whose results are incomplete."""
        return Path(self.coursedir.root, "build", "unfinished", str(self.coursedir.assignment_id), student)

    def _student_of(self, folder: str) -> str:
        """The student's name in the path of a submission folder."""
        course = self.coursedir
        names = "(?P<student_id>.*)", "(?P<assignment_id>.*)"
        pattern = course.format_path(course.submitted_directory, *names, escape=True)
        match = re.match(pattern, folder, re.DOTALL)  # the name may contain a line end
        return match["student_id"] if match else folder

    def _build_missing_release(self) -> None:
        """Build the release if it or the gradebook's entry is missing. Raises NotGraded if there is no source."""
        course, assignment_id = self.coursedir, self.coursedir.assignment_id
        reason = ""
        if release.is_missing(course, assignment_id):
            self.log.warning("Building the release of %s, which is missing here", assignment_id)
            reply = release.build(course, assignment_id, self)
            reason = "" if reply["success"] else "the release was not built; the reason is above"
        elif release.expected_notebooks(course, assignment_id) is None:
            reason = "neither the gradebook nor source/ has this assignment"
        if reason:
            self.log.error("Nothing was graded: %s: %s", assignment_id, reason)
            raise NotGraded(reason)

    def _release(self, assignment_id: str, notebook: str) -> bytes:
        """A released notebook, b"" if there is none."""
        folder = self.coursedir.format_path(self.coursedir.release_directory, ".", assignment_id)
        path = Path(folder) / f"{notebook}.ipynb"
        return path.read_bytes() if path.is_file() else b""

    def _gradebook(self) -> Gradebook:
        return open_gradebook(self.coursedir.db_url, self.coursedir.course_id)

    def _submitted(self, assignment_id: str, student_id: str) -> str:
        return str(self.coursedir.format_path(self.coursedir.submitted_directory, student_id, assignment_id))

    def _autograded(self, assignment_id: str, student_id: str) -> str:
        return str(self.coursedir.format_path(self.coursedir.autograded_directory, student_id, assignment_id))


def no_sandbox_message(missing: str) -> str:
    """The error message for a host that cannot sandbox students' code; missing: what it lacks."""
    return (
        f"This host cannot sandbox students' code: {missing}. Nothing was run. Change the host "
        "(python -m grader doctor), or, for code that you trust as your own, set c.Execute.without_walls = True."
    )
