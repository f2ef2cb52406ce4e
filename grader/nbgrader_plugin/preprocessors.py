"""nbgrader's preprocessors: translate between nbgrader's notebooks and resources, and this package's jobs and results.

For an assignment without checks in this package they do what nbgrader's own do.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import preprocessors as stock
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, Unicode

from grader.batch.job import Job, resolve_device
from grader.checking.assignment import find
from grader.nbgrader_plugin.jobs import NotebookContext, NotebookFiles, Resources, checks_cells, parsed, with_results
from grader.nbgrader_plugin.page.tasks import titles_of
from grader.nbgrader_plugin.saving.manual_marks import keep_confirmed
from grader.nbgrader_plugin.saving.scores import flag_for_review, tell_decisions
from grader.sandbox.isolation.bounds import Bounds
from grader.student.limits import Limits
from grader.submission.files import read_extra_files


class ReplaceWithRelease(NbGraderPreprocessor):  # type: ignore[misc]
    """Comes first: the released notebook replaces the submitted one, whose answers only `Execute` reads."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """→ the release; for an assignment without checks here, the submission."""
        context = NotebookContext.of(resources)
        release = context.read("release")
        if release is not None and checks_cells(context.assignment, release):
            return parsed(release), resources
        submitted = context.read_submission()
        try:
            return nbformat.reads(submitted, as_version=4), resources
        except Exception as error:  # nbformat meets arbitrary JSON here
            self.log.error("This notebook cannot be read: %s", submitted if isinstance(submitted, str) else error)
            return nb, resources


class CheckCellMetadata(stock.CheckCellMetadata):  # type: ignore[misc]
    """Skips nbgrader's validation where the metadata are the release's, which nbgrader validated when it built that.

    Validating them again would take a third of the time that saving a submission takes.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """See the class."""
        context = NotebookContext.of(resources)
        release = context.read("release")
        if release is not None and checks_cells(context.assignment, release):
            return nb, resources
        return super().preprocess(nb, resources)  # type: ignore[no-any-return]


class Execute(NbGraderPreprocessor):  # type: ignore[misc]
    """Replaces nbgrader's `Execute`: cells run in a sandboxed process, checks cells are judged outside it."""

    cell_seconds = Float(Limits.cell_seconds, help="CPU seconds of one cell").tag(config=True)
    answer_seconds = Float(Limits.answer_seconds, help="CPU seconds of one answer").tag(config=True)
    check_seconds = Float(Limits.check_seconds, help="CPU seconds of the answers of one check").tag(config=True)
    notebook_seconds = Float(Limits.notebook_seconds, help="wall-clock seconds for one notebook").tag(config=True)
    memory_bytes = Integer(Bounds.memory_bytes, help="memory of all processes of a notebook").tag(config=True)
    processes = Integer(Bounds.processes, help="processes and threads of a notebook").tag(config=True)
    cpu_seconds = Float(Bounds.cpu_seconds, help="CPU seconds of a notebook").tag(config=True)
    disk_bytes = Integer(Bounds.disk_bytes, help="bytes that a notebook's cells may write to files").tag(config=True)
    disk_files = Integer(Bounds.disk_files, help="files that a notebook's cells may create").tag(config=True)
    output_bytes = Integer(Bounds.output_bytes, help="output of one cell").tag(config=True)
    without_walls = Bool(
        False, help="grade although this host cannot sandbox students' code: it can do whatever you can do"
    ).tag(config=True)
    data = Unicode("", help="data file of trusted checks; default: that of `python -m grader data`").tag(config=True)
    device = Unicode("auto", help="torch device of the trusted checks; auto: cuda if available").tag(config=True)
    student_gpu = Bool(False, help="let students' cells use the GPU and its driver's devices").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Put the results into a notebook; one of an assignment without checks here is run as nbgrader does."""
        context = NotebookContext.of(resources)
        if not checks_cells(context.assignment, context.read("release") or nbformat.writes(nb).encode()):
            return stock.Execute(parent=self.parent).preprocess(nb, resources)  # type: ignore[no-any-return]
        if context.graded is None:  # nothing was run: each checks cell stays without a number, so a person grades it
            self.log.error("There is no release of this notebook: run `nbgrader generate_assignment` first.")
            return nb, resources
        result = context.graded.result
        for note in result.notes:
            self.log.warning("%s/%s: %s", context.student, context.notebook, note)
        about = {"walls": result.walls, "language": context.graded.language, "titles": titles_of(nb)}
        executed = with_results(nb, nbformat.from_dict(json.loads(result.notebook)))
        executed.metadata["grader"] = about
        return executed, resources

    def job(self, course: CourseDirectory, assignment_id: str, student: str, notebook: str) -> Job | None:
        """The job of grading one notebook; None where it has no release, or none of this package's checks cells.

        Raises GraderFault where the configured data file cannot be used.
        """
        files = NotebookFiles(course, assignment_id, student, notebook)
        release, assignment = files.read("release"), find(assignment_id)
        if release is None or assignment is None or not (cells := checks_cells(assignment_id, release)):
            return None
        build = Path(course.root).resolve() / "build"
        bounds = Bounds(**{field.name: getattr(self, field.name) for field in fields(Bounds)})
        return Job(
            assignment=assignment_id,
            student=student,
            notebook=notebook,
            submitted=files.read_submission(),
            release=release,
            cells=cells,
            files=read_extra_files(files.path("submitted").parent),
            variables={**assignment.variables, **({} if self.student_gpu else {"CUDA_VISIBLE_DEVICES": ""})},
            limits=Limits(self.cell_seconds, self.answer_seconds, self.check_seconds, self.notebook_seconds, bounds),
            others=files.others(),
            build=build,
            source=files.trusted_source() if set(assignment.source_cells) & set(cells) else None,
            data=assignment.data(self.data, build),
            device=resolve_device(self.device),
            without_walls=self.without_walls,
            gpu=self.student_gpu,
            language=files.language(),
        )


class SaveAutoGrades(stock.SaveAutoGrades):  # type: ignore[misc]
    """As nbgrader's, but keeps marks confirmed and gives no score for a result that is not understood: see `scores`."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Save the scores of a graded notebook."""
        nb, resources = super().preprocess(nb, resources)
        context = NotebookContext.of(resources)
        keep_confirmed(nb, resources["nbgrader"], context.marks)
        flag_for_review(nb, resources["nbgrader"], context.instead_of)
        return nb, resources


class GetGrades(stock.GetGrades):  # type: ignore[misc]
    """As nbgrader's, and what a person has decided: see `scores.tell_decisions`."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Put scores and comments into a notebook for feedback."""
        nb, resources = super().preprocess(nb, resources)
        tell_decisions(nb, resources["nbgrader"])
        return nb, resources
