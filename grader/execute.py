"""nbgrader's preprocessors: a thin adapter between its converters and `grade.py`; nbgrader_config.py names them."""

from __future__ import annotations

import logging
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

from grader.data import GENERATED, describe, manifest_of, prepared, stand_in
from grader.errors import GraderFault
from grader.grade import Request, Result, grade, ungraded
from grader.judge import checks_for
from grader.limits import Limits
from grader.reference import GRADING_BUDGET
from grader.sandbox.host import ForkServer
from grader.sanitise import sanitise
from grader.weighted_run import CIFAR10, STAND_IN, WeightedRun

MAX_FILES, MAX_FILE_BYTES = 100, 10 << 20  # handed in beside the notebooks; a module of helpers has 2 kB


@cache
def fork_server(output_bytes: int) -> ForkServer:
    """One for this process; it ends with it."""
    return ForkServer(output_bytes)


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
    """A file that is no notebook becomes an empty one here; `Sanitise` reads the file itself and says why."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """As nbconvert's, for any file."""
        try:
            nbformat.read(filename, as_version=4)
        except Exception:
            empty = nbformat.v4.new_notebook()
            return super().from_notebook_node(empty, resources, **kwargs)  # type: ignore[no-untyped-call]
        return super().from_filename(filename, resources=resources, **kwargs)


class _Course(NbGraderPreprocessor):  # type: ignore[misc]
    """Where things are: a preprocessor's grandparent is nbgrader's converter, which knows the course's folders."""

    def read(self, folder: str, student: str, resources: Any) -> bytes | None:
        """The notebook that is converted now, as it lies in a folder of the course; None where it is not there."""
        path = self.folder(folder, student, resources) / f"{resources['nbgrader']['notebook']}.ipynb"
        return path.read_bytes() if path.is_file() else None

    def folder(self, folder: str, student: str, resources: Any) -> Path:
        """`submitted/alice/loss_functions` and the like."""
        course = self.parent.parent.coursedir
        return Path(course.format_path(folder, student, resources["nbgrader"]["assignment"]))


class Sanitise(_Course):
    """First of the sanitising ones: replaces what was handed in by the release with the student's answers."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """See `sanitise.sanitise`."""
        course = self.parent.parent.coursedir
        release = self.read(course.release_directory, ".", resources)
        submitted = self.read(course.submitted_directory, resources["nbgrader"]["student"], resources)
        if release is None or submitted is None or not modules_of(release):
            return nb, resources
        return sanitise(submitted, release).notebook, resources


class Execute(_Course):
    """In place of nbgrader's `Execute`: cells run in a student's process, checks cells are judged here."""

    cell_seconds = Float(Limits.cell_seconds, help="wall-clock seconds for one cell").tag(config=True)
    answer_seconds = Float(Limits.answer_seconds, help="wall-clock seconds for one answer").tag(config=True)
    check_seconds = Float(Limits.check_seconds, help="wall-clock seconds for the answers of one check").tag(config=True)
    notebook_seconds = Float(Limits.notebook_seconds, help="wall-clock seconds for one notebook").tag(config=True)
    output_bytes = Integer(Limits.output_bytes, help="what one cell may show").tag(config=True)
    images = Unicode("", help="prepared images of the trusted run; default: what `python -m grader data` has made").tag(
        config=True
    )
    device = Unicode("auto", help="of the trusted run; auto: cuda where there is one, else cpu").tag(config=True)
    student_gpu = Bool(False, help="whether students' own cells may use the GPU").tag(config=True)

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
            submitted=self.read(course.submitted_directory, student, resources) or b"",
            release=release,
            modules=modules,
            files=other_files(self.folder(course.submitted_directory, student, resources)),
            variables=self._variables(),
            limits=Limits(
                self.cell_seconds, self.answer_seconds, self.check_seconds, self.notebook_seconds, self.output_bytes
            ),
        )
        source = self.read(course.source_directory, ".", resources)
        run = self._weighted_run(source) if source and "weighted_run_checks" in modules else None
        result = graded(request, run, self.log)
        for note in result.notes:
            self.log.warning("%s/%s: %s", student, resources["nbgrader"]["notebook"], note)
        return merged(nb, result), resources

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


def graded(request: Request, run: WeightedRun | None, log: logging.Logger) -> Result:
    """`grade.grade` with this process's fork server; after a fault of the grader's own a person looks."""
    try:
        return grade(request, fork_server(request.limits.output_bytes).start, run)
    except Exception as error:
        log.exception("the grader failed")
        return ungraded(request, f"{type(error).__name__}: {error}"[:300])


def modules_of(release: bytes) -> dict[str, Path]:
    """For each checks cell of a released notebook, in order, the module that judges it; empty if none is ours."""
    notebook = nbformat.reads(release.decode(), as_version=4)
    cells = [c for c in notebook.cells if c.cell_type == "code" and utils.is_grade(c) and not utils.is_solution(c)]
    modules = {c.metadata.nbgrader.grade_id: checks_for(c.metadata.nbgrader.grade_id) for c in cells}
    return {cell: module for cell, module in modules.items() if module}


def other_files(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """What was handed in beside the notebooks: regular files up to a size, with relative names; no links."""
    found = []
    for path in sorted(folder.rglob("*"))[: 10 * MAX_FILES]:
        inside = not any(part.is_symlink() for part in [path, *path.parents] if folder in part.parents)
        if inside and path.is_file() and path.suffix != ".ipynb" and path.stat().st_size <= MAX_FILE_BYTES:
            found.append((path.relative_to(folder).as_posix(), path.read_bytes()))
    return tuple(found[:MAX_FILES])


def merged(nb: NotebookNode, result: Result) -> NotebookNode:
    """The executed notebook, with the cells' metadata as nbgrader has it (points and checksums of the gradebook)."""
    theirs = {cell.id: cell for cell in nb.cells}
    for cell in result.notebook.cells:
        if cell.id in theirs:
            cell.metadata = theirs[cell.id].metadata
    nb.cells = result.notebook.cells
    return nb


class SaveAutoGrades(stock.SaveAutoGrades):  # type: ignore[misc]
    """As nbgrader's, but a checks cell of ours without a number waits for a person instead of earning full marks."""

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._add_score(cell, resources)
        if cell.cell_type == "code" and checks_for(cell.metadata.nbgrader.grade_id) and not has_number(cell):
            grade = self.gradebook.find_grade(
                cell.metadata.nbgrader.grade_id, self.notebook_id, self.assignment_id, self.student_id
            )
            grade.auto_score, grade.needs_manual_grade = None, True
            self.gradebook.db.commit()


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
