"""nbgrader's preprocessors: a thin adapter between its converters and `grade.py`; nbgrader_config.py names them."""

from __future__ import annotations

import logging
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import torch
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbformat import NotebookNode
from nbgrader import preprocessors as stock
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, Unicode

from grader import handed_in
from grader.cells import MAX_BYTES
from grader.data import GENERATED, describe, manifest_of, prepared, stand_in
from grader.errors import GraderFault
from grader.grade import Request, Result, Start, grade, ungraded
from grader.judge import checks_for
from grader.limits import Limits
from grader.reference import GRADING_BUDGET
from grader.report import UNREADABLE
from grader.sandbox.bounds import ALL, OUTER, Bounds
from grader.sandbox.host import ForkServer, WallsMissing
from grader.sanitise import sanitise
from grader.weighted_run import CIFAR10, STAND_IN, WeightedRun

_said: set[ForkServer] = set()  # whose walls have been told


@cache
def fork_server(bounds: Bounds = Bounds(), without_walls: bool = False, gpu: bool = False) -> ForkServer:  # noqa: B008
    """One for this process; it ends with it."""
    return ForkServer(bounds, without=ALL if without_walls else (), gpu=gpu)


@cache
def weighted_run(source: bytes, build: Path, images: Path, device: str) -> WeightedRun:
    """One for all submissions of this process; its memo in `build` is shared with others and with later runs."""
    short = str(stand_in(build / "stand-in.npy"))
    manifest = manifest_of(images)
    if manifest is None:
        raise GraderFault(f"{images} is no prepared file: python -m grader data show")
    standard = STAND_IN if manifest.source == GENERATED else CIFAR10
    memo, shown = build / "trusted-runs", describe(images, japanese=True)
    return WeightedRun(source, short, str(images), manifest.sha256, standard, memo, device, shown=shown)


class SubmissionExporter(NotebookExporter):
    """What was handed in is read by `Sanitise` alone, which takes any file: here an empty notebook stands for it."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """As nbconvert's, for any file."""
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
        try:
            return handed_in.read(folder / f"{resources['nbgrader']['notebook']}.ipynb", MAX_BYTES)
        except ValueError as reason:
            return str(reason)

    def folder(self, folder: str, student: str, resources: Any) -> Path:
        """`submitted/alice/loss_functions` and the like."""
        course = self.parent.parent.coursedir
        return Path(course.format_path(folder, student, resources["nbgrader"]["assignment"]))


class Sanitise(_Course):
    """First of the sanitising ones: the release with the student's answers, see `sanitise.sanitise`."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """For an assignment without checks of ours what was handed in comes as it is."""
        release = self.read(self.parent.parent.coursedir.release_directory, ".", resources)
        submitted = self.submitted(resources)
        if release is not None and modules_of(release):
            return sanitise(submitted, release).notebook, resources
        try:
            return nbformat.reads(submitted, as_version=4), resources
        except Exception as error:  # nbformat meets arbitrary JSON here
            self.log.error("This notebook cannot be read: %s", submitted if isinstance(submitted, str) else error)
            return nb, resources


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
        course = self.parent.parent.coursedir
        release = self.read(course.release_directory, ".", resources)
        modules = modules_of(release or nbformat.writes(nb).encode())
        if not modules:
            return stock.Execute(parent=self.parent).preprocess(nb, resources)  # type: ignore[no-any-return]
        if release is None:  # nothing is run: each checks cell stays without a number and waits for a person
            self.log.error("There is no release of this notebook: run `nbgrader generate_assignment` first.")
            return nb, resources
        student = resources["nbgrader"]["student"]
        request = Request(
            submitted=self.submitted(resources),
            release=release,
            modules=modules,
            files=handed_in.other_files(self.folder(course.submitted_directory, student, resources)),
            variables=self._variables(),
            read=(stand_in(self._build / "stand-in.npy"),),
            limits=self._limits(),
        )
        server = fork_server(request.limits.bounds, self.without_walls, self.student_gpu)
        self._say_what_stands(server)
        source = self.read(course.source_directory, ".", resources)
        run = self._weighted_run(source) if source and "weighted_run_checks" in modules else None
        result = graded(request, server.start, run, self.log)
        for note in result.notes:
            self.log.warning("%s/%s: %s", student, resources["nbgrader"]["notebook"], note)
        return merged(nb, result), resources

    def _limits(self) -> Limits:
        bounds = Bounds(**{field.name: getattr(self, field.name) for field in fields(Bounds)})
        return Limits(self.cell_seconds, self.answer_seconds, self.check_seconds, self.notebook_seconds, bounds)

    def _say_what_stands(self, server: ForkServer) -> None:
        """Once. Where the inner wall cannot stand nothing is run: the end of this process, with the reason."""
        try:
            walls = server.walls()
        except WallsMissing as missing:
            self.log.error("%s", refusal(str(missing)))
            raise SystemExit(1) from None
        if server not in _said:
            _said.add(server)
            self.log.log(logging.INFO if OUTER in walls.standing else logging.WARNING, "%s", walls)

    @property
    def _build(self) -> Path:
        return Path(self.parent.parent.coursedir.root).resolve() / "build"

    def _variables(self) -> dict[str, str]:
        """Of a student's process: their short run needs few images and no GPU."""
        hidden = {} if self.student_gpu else {"CUDA_VISIBLE_DEVICES": ""}
        return {**GRADING_BUDGET, **hidden, "LOSS_FUNCTIONS_IMAGES": str(stand_in(self._build / "stand-in.npy"))}

    def _weighted_run(self, source: bytes) -> WeightedRun:
        images = Path(self.images).resolve() if self.images else prepared(self._build)
        device = self.device if self.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        return weighted_run(source, self._build, images, device)


def refusal(missing: str) -> str:
    """One line: why nothing of a student's is run here, and what to do."""
    return (
        f"This host cannot shut students' code in: {missing}. Nothing was run. Change the host "
        "(python -m grader doctor), or, for code that you trust as your own, set c.Execute.without_walls = True."
    )


def graded(request: Request, start: Start, run: WeightedRun | None, log: logging.Logger) -> Result:
    """`grade.grade`; after a fault of the grader's own a person looks."""
    try:
        return grade(request, start, run)
    except Exception as error:
        log.exception("the grader failed")
        return ungraded(request, f"{type(error).__name__}: {error}"[:300])


def modules_of(release: bytes) -> dict[str, Path]:
    """For each checks cell of a released notebook, in order, the module that judges it; empty if none is ours."""
    notebook = nbformat.reads(release.decode(), as_version=4)
    cells = [c for c in notebook.cells if c.cell_type == "code" and utils.is_grade(c) and not utils.is_solution(c)]
    modules = {c.metadata.nbgrader.grade_id: checks_for(c.metadata.nbgrader.grade_id) for c in cells}
    return {cell: module for cell, module in modules.items() if module}


def merged(nb: NotebookNode, result: Result) -> NotebookNode:
    """The executed notebook, with the cells' metadata as nbgrader has it (points and checksums of the gradebook)."""
    theirs = {cell.id: cell for cell in nb.cells}
    for cell in result.notebook.cells:
        if cell.id in theirs:
            cell.metadata = theirs[cell.id].metadata
    nb.cells = result.notebook.cells
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
