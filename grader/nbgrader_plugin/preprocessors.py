"""nbgrader's preprocessors: a thin adapter between its converters and `grade.py`; nbgrader_config.py names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nbformat
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbformat import NotebookNode
from nbgrader import preprocessors as stock
from nbgrader import utils
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, Unicode

from grader.assignments.loss_functions.checks import checks_for
from grader.assignments.loss_functions.training.solution import GRADING_BUDGET
from grader.batch.job import Job, device, images_of
from grader.grading.report import UNREADABLE
from grader.sandbox.isolation.bounds import Bounds
from grader.student.limits import Limits
from grader.submission import files as handed_in
from grader.submission.parse import MAX_BYTES


class SubmissionExporter(NotebookExporter):
    """What was handed in is read by `ReplaceWithRelease` and `Execute` alone, which take any file:
    here an empty notebook stands for it."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """As nbconvert's, for any file."""
        self._nb_metadata.clear()  # of all notebooks before, which only pages would want: 9 KB a submission
        if getattr(self.parent, "_sanitizing", False):
            empty = nbformat.v4.new_notebook()
            return super().from_notebook_node(empty, resources, **kwargs)  # type: ignore[no-untyped-call]
        return super().from_filename(filename, resources=resources, **kwargs)


class _Course(NbGraderPreprocessor):  # type: ignore[misc]
    """Where things are: a preprocessor's grandparent is nbgrader's converter, which knows the course's folders."""

    def read(self, folder: str, student: str, resources: Any) -> bytes | None:
        """The notebook that is converted now, as it lies in a folder of the course; None where it is not there."""
        path = self.folder(folder, student, resources) / f"{resources['nbgrader']['notebook']}.ipynb"
        return path.read_bytes() if path.is_file() else None

    def submitted(self, resources: Any) -> bytes | str:
        """The notebook as it was handed in, or why it cannot be read."""
        folder = self.folder(
            self.parent.parent.coursedir.submitted_directory, resources["nbgrader"]["student"], resources
        )
        return handed_in_notebook(folder / f"{resources['nbgrader']['notebook']}.ipynb")

    def folder(self, folder: str, student: str, resources: Any) -> Path:
        """`submitted/alice/loss_functions` and the like."""
        course = self.parent.parent.coursedir
        return Path(course.format_path(folder, student, resources["nbgrader"]["assignment"]))


class ReplaceWithRelease(_Course):
    """First: the release in place of what was handed in. Answers come in with `Execute`, sanitised and run."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """For an assignment without checks of ours what was handed in comes as it is."""
        release = self.read(self.parent.parent.coursedir.release_directory, ".", resources)
        if release is not None and modules_of(release):
            return nbformat.from_dict(json.loads(_parsed(release))), resources
        submitted = self.submitted(resources)
        try:
            return nbformat.reads(submitted, as_version=4), resources
        except Exception as error:  # nbformat meets arbitrary JSON here
            self.log.error("This notebook cannot be read: %s", submitted if isinstance(submitted, str) else error)
            return nb, resources


class CheckCellMetadata(_Course, stock.CheckCellMetadata):  # type: ignore[misc]
    """As nbgrader's, for assignments without checks of ours: all metadata of ours is the release's, which nbgrader
    checked when it made that. Looking again would take a third of the time that saving a submission takes."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """See nbgrader's."""
        release = self.read(self.parent.parent.coursedir.release_directory, ".", resources)
        if release is not None and modules_of(release):
            return nb, resources
        return super().preprocess(nb, resources)  # type: ignore[no-any-return]


class Execute(_Course):
    """In place of nbgrader's `Execute`: cells run in a student's process, checks cells are judged here."""

    cell_seconds = Float(Limits.cell_seconds, help="wall-clock seconds for one cell").tag(config=True)
    answer_seconds = Float(Limits.answer_seconds, help="wall-clock seconds for one answer").tag(config=True)
    check_seconds = Float(Limits.check_seconds, help="wall-clock seconds for the answers of one check").tag(config=True)
    notebook_seconds = Float(Limits.notebook_seconds, help="wall-clock seconds for one notebook").tag(config=True)
    memory_bytes = Integer(Bounds.memory_bytes, help="memory of all processes of a notebook").tag(config=True)
    processes = Integer(Bounds.processes, help="processes and threads of a notebook").tag(config=True)
    cpu_seconds = Float(Bounds.cpu_seconds, help="CPU seconds of a notebook").tag(config=True)
    disk_bytes = Integer(Bounds.disk_bytes, help="what a notebook's cells may write to files").tag(config=True)
    disk_files = Integer(Bounds.disk_files, help="how many files a notebook's cells may make").tag(config=True)
    output_bytes = Integer(Bounds.output_bytes, help="what one cell may show").tag(config=True)
    without_walls = Bool(
        False, help="grade although this host cannot shut students' code in: it can do whatever you can do"
    ).tag(config=True)
    images = Unicode("", help="prepared images of the trusted run; default: what `python -m grader data` has made").tag(
        config=True
    )
    device = Unicode("auto", help="of the trusted run; auto: cuda where there is one, else cpu").tag(config=True)
    student_gpu = Bool(False, help="let students' own cells use the GPU, with its driver's devices").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Run and judge; an assignment without checks of ours goes to nbgrader's own `Execute`."""
        converter = self.parent.parent
        names = (resources["nbgrader"][kind] for kind in ("assignment", "student", "notebook"))
        assignment, student, notebook = names
        release = self.read(converter.coursedir.release_directory, ".", resources)
        if not modules_of(release or nbformat.writes(nb).encode()):
            return stock.Execute(parent=self.parent).preprocess(nb, resources)  # type: ignore[no-any-return]
        job = self.job(converter.coursedir, assignment, student, notebook)
        if job is None:  # nothing is run: each checks cell stays without a number and waits for a person
            self.log.error("There is no release of this notebook: run `nbgrader generate_assignment` first.")
            return nb, resources
        done = converter.class_run.result(job)
        for note in done.notes:
            self.log.warning("%s/%s: %s", student, notebook, note)
        executed = merged(nb, nbformat.from_dict(json.loads(done.notebook)))
        executed.metadata["grader"] = {"walls": done.walls}
        return executed, resources

    def job(self, course: CourseDirectory, assignment: str, student: str, notebook: str) -> Job | None:
        """What has to be done for one notebook; None where there is no release of it, or nothing of ours in it.

        Raises GraderFault where the configured images are none.
        """

        def file(folder: str, whose: str) -> Path:
            return Path(course.format_path(folder, whose, assignment)) / f"{notebook}.ipynb"

        release = file(course.release_directory, ".")
        cells = tuple(modules_of(release.read_bytes())) if release.is_file() else ()
        if not cells:
            return None
        source = file(course.source_directory, ".")
        trained = "weighted_run_checks" in cells and source.is_file()
        submitted = file(course.submitted_directory, student)
        build = Path(course.root).resolve() / "build"
        images, digest = images_of(self.images, build)
        return Job(
            student=student,
            notebook=notebook,
            submitted=handed_in_notebook(submitted),
            release=release.read_bytes(),
            source=source.read_bytes() if trained else None,
            cells=cells,
            files=handed_in.other_files(submitted.parent),
            variables=GRADING_BUDGET | ({} if self.student_gpu else {"CUDA_VISIBLE_DEVICES": ""}),
            limits=self._limits(),
            build=build,
            images=images,
            digest=digest,
            device=device(self.device),
            without_walls=self.without_walls,
            gpu=self.student_gpu,
        )

    def _limits(self) -> Limits:
        bounds = Bounds(**{field.name: getattr(self, field.name) for field in fields(Bounds)})
        return Limits(self.cell_seconds, self.answer_seconds, self.check_seconds, self.notebook_seconds, bounds)


def handed_in_notebook(path: Path) -> bytes | str:
    """The notebook as it was handed in, or why it cannot be read."""
    try:
        return handed_in.read(path, MAX_BYTES)
    except ValueError as reason:
        return str(reason)


def refusal(missing: str) -> str:
    """One line: why nothing of a student's is run here, and what to do."""
    return (
        f"This host cannot shut students' code in: {missing}. Nothing was run. Change the host "
        "(python -m grader doctor), or, for code that you trust as your own, set c.Execute.without_walls = True."
    )


@lru_cache(maxsize=100)
def modules_of(release: bytes) -> Mapping[str, Path]:
    """For each checks cell of a released notebook, in order, the module that judges it; empty if none is ours."""
    notebook = nbformat.reads(release.decode(), as_version=4)
    cells = [c for c in notebook.cells if c.cell_type == "code" and utils.is_grade(c) and not utils.is_solution(c)]
    modules = {c.metadata.nbgrader.grade_id: checks_for(c.metadata.nbgrader.grade_id) for c in cells}
    return MappingProxyType({cell: module for cell, module in modules.items() if module})


@lru_cache(maxsize=100)
def _parsed(release: bytes) -> str:
    """A notebook file as JSON of what nbformat makes of it, which takes five times as long as parsing that again."""
    return json.dumps(nbformat.reads(release.decode(), as_version=4))


def merged(nb: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """The executed notebook, with the cells' metadata as nbgrader has it (points and checksums of the gradebook)."""
    theirs = {cell.id: cell for cell in nb.cells}
    for cell in executed.cells:
        if cell.id in theirs:
            cell.metadata = theirs[cell.id].metadata
    nb.cells = executed.cells
    return nb


class SaveAutoGrades(stock.SaveAutoGrades):  # type: ignore[misc]
    """As nbgrader's, but a person looks at what is not understood.

    A checks cell of ours without a number has no score, instead of full marks; a notebook that could not be read has 0
    points, the reason as comment, and waits for a person.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """See nbgrader's."""
        self._unreadable = unreadable(nb)
        return super().preprocess(nb, resources)  # type: ignore[no-any-return]

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._add_score(cell, resources)
        name = cell.metadata.nbgrader.grade_id
        ours = cell.cell_type == "code" and checks_for(name)
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        if ours and not has_number(cell):
            grade.auto_score, grade.needs_manual_grade = None, True
        if self._unreadable:
            grade.needs_manual_grade = True
        self.gradebook.db.commit()

    def _add_comment(self, cell: NotebookNode, resources: Any) -> None:
        super()._add_comment(cell, resources)
        if self._unreadable:
            where = (cell.metadata.nbgrader.grade_id, self.notebook_id, self.assignment_id, self.student_id)
            self.gradebook.find_comment(*where).auto_comment = self._unreadable
            self.gradebook.db.commit()


def unreadable(nb: NotebookNode) -> str:
    """Why nothing of what was handed in is in a graded notebook, or "": `report.checks_output` notes it."""
    outputs = [output for cell in nb.cells for output in cell.get("outputs", ())]
    return next(
        (str(output.metadata[UNREADABLE]) for output in outputs if UNREADABLE in output.get("metadata", {})), ""
    )


def has_number(cell: NotebookNode) -> bool:
    """Whether the cell's only output is a number that nbgrader reads as points."""
    try:
        (output,) = cell.outputs
        number = float(output.data["text/plain"])
        return bool(output.output_type == "execute_result" and 0 <= number <= cell.metadata.nbgrader.points)
    except (ValueError, KeyError, AttributeError, TypeError):
        return False


class GetGrades(stock.GetGrades):  # type: ignore[misc]
    """As nbgrader's, but what nobody has graded yet has the score None, not 0."""

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata.nbgrader.grade_id, self.notebook_id, self.assignment_id, self.student_id
        )
        if grade.manual_score is None and grade.auto_score is None:
            cell.metadata.nbgrader["score"] = None


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback page in Japanese; named apart so that formgrader keeps its own template."""
