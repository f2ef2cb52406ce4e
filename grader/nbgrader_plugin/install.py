"""Replace nbgrader's own grading by this package's: nbgrader_config.py calls `install(c)`.

nbgrader has settings for most exporters and preprocessors, but none for its converters, its reading of timestamps, its
database engine, the names that it stores and the exporter of formgrader's pages; those are patched here and nowhere
else.
"""

from __future__ import annotations

import functools
import inspect
import os
import pkgutil
import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from sqlalchemy import event
from traitlets.config import Config

from grader.submission.files import safe_name

TESTED_VERSION = "0.9.6"  # of nbgrader
TEMPLATES = Path(__file__).parent / "templates"
PLUGIN = "grader.nbgrader_plugin"
FORMGRADER = "nbgrader.server_extensions.formgrader.formgrader"

# The modules that open the gradebook while nbgrader autogrades or writes feedback.
OPENING_GRADEBOOKS = (
    "nbgrader.converters.autograde",
    "nbgrader.preprocessors.getgrades",
    "nbgrader.preprocessors.latesubmissions",
    "nbgrader.preprocessors.overwritecells",
    "nbgrader.preprocessors.overwritekernelspec",
    "nbgrader.preprocessors.saveautogrades",
)
# What is replaced, overridden or listed below: nbgrader's names, and the parameters of what is overridden.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "nbgrader.api.Gradebook": ("db_url", "course_id", "authenticator"),
    "nbgrader.api.Gradebook.close": ("self",),
    "nbgrader.api.Gradebook.find_assignment": ("self", "name"),
    "nbgrader.api.Gradebook.find_comment": ("self", "solution_cell", "notebook", "assignment", "student"),
    "nbgrader.api.Gradebook.find_grade": ("self", "grade_cell", "notebook", "assignment", "student"),
    "nbgrader.api.Gradebook.find_graded_cell": ("self", "name", "notebook", "assignment"),
    "nbgrader.api.Gradebook.find_notebook": ("self", "name", "assignment"),
    "nbgrader.api.Gradebook.find_source_cell": ("self", "name", "notebook", "assignment"),
    "nbgrader.api.Gradebook.find_submission": ("self", "assignment", "student"),
    "nbgrader.api.Gradebook.find_submission_notebook": ("self", "notebook", "assignment", "student"),
    "nbgrader.api.Student": (),
    "nbgrader.api.create_engine": (),
    "nbgrader.api.get_alembic_version": (),
    "nbgrader.apps.api.Autograde": (),
    "nbgrader.apps.api.GenerateAssignment": (),
    "nbgrader.apps.api.GenerateFeedback": (),
    "nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp": ("self", "assignment_id", "student_id"),
    "nbgrader.apps.autogradeapp.Autograde": (),
    "nbgrader.apps.generateassignmentapp.GenerateAssignment": (),
    "nbgrader.apps.generatefeedbackapp.GenerateFeedback": (),
    "nbgrader.apps.exportapp.ExportApp.plugin_class": (),
    "nbgrader.converters.Autograde.exporter_class": (),
    "nbgrader.converters.Autograde.sanitize_preprocessors": (),
    "nbgrader.converters.Autograde.autograde_preprocessors": (),
    "nbgrader.converters.Autograde.init_notebooks": ("self",),
    "nbgrader.converters.Autograde.convert_notebooks": ("self",),
    "nbgrader.converters.Autograde.init_destination": ("self", "assignment_id", "student_id"),
    "nbgrader.converters.Autograde.init_assignment": ("self", "assignment_id", "student_id"),
    "nbgrader.converters.Autograde.init_single_notebook_resources": ("self", "notebook_filename"),
    "nbgrader.converters.Autograde.convert_single_notebook": ("self", "notebook_filename"),
    "nbgrader.converters.Autograde.set_permissions": ("self", "assignment_id", "student_id"),
    "nbgrader.converters.GenerateAssignment.init_assignment": ("self", "assignment_id", "student_id"),
    "nbgrader.converters.GenerateAssignment.preprocessors": (),
    "nbgrader.converters.GenerateFeedback.convert_notebooks": ("self",),
    "nbgrader.converters.GenerateFeedback.convert_single_notebook": ("self", "notebook_filename"),
    "nbgrader.converters.GenerateFeedback.exporter_class": (),
    "nbgrader.converters.GenerateFeedback.init_assignment": ("self", "assignment_id", "student_id"),
    "nbgrader.converters.GenerateFeedback.init_notebooks": ("self",),
    "nbgrader.converters.GenerateFeedback.preprocessors": (),
    **{f"{module}.Gradebook": () for module in OPENING_GRADEBOOKS},
    "nbgrader.coursedir.CourseDirectory.get_existing_timestamp": ("self", "dest_path"),
    "nbgrader.dbutil.ALEMBIC_DIR": (),
    "nbgrader.plugins.ExportPlugin.export": ("self", "gradebook"),
    "nbgrader.preprocessors.AssignLatePenalties": (),
    "nbgrader.preprocessors.CheckCellMetadata.preprocess": ("self", "nb", "resources"),
    "nbgrader.preprocessors.ClearOutput": (),
    "nbgrader.preprocessors.ClearSolutions.preprocess": ("self", "nb", "resources"),
    "nbgrader.preprocessors.DeduplicateIds": (),
    "nbgrader.preprocessors.Execute": (),
    "nbgrader.preprocessors.GetGrades.preprocess": ("self", "nb", "resources"),
    "nbgrader.preprocessors.IgnorePattern": (),
    "nbgrader.preprocessors.LimitOutput": (),
    "nbgrader.preprocessors.OverwriteCells": (),
    "nbgrader.preprocessors.OverwriteKernelspec": (),
    "nbgrader.preprocessors.SaveAutoGrades.preprocess": ("self", "nb", "resources"),
}


def install(c: Config) -> None:
    """Make nbgrader grade with this package, in this process; c: nbgrader's configuration.

    May be called more than once: nbgrader reads its configuration several times. Raises SystemExit with a message of
    one line if nbgrader is not as expected. No other exception would do: traitlets logs those and goes on without the
    configuration, and nbgrader would run students' code unprotected.
    """
    if missing := missing_names():
        raise SystemExit(
            f"This version of nbgrader is not supported: it lacks, or has changed, {', '.join(missing[:3])}"
            f"{', …' if len(missing) > 3 else ''}. Nothing was run. Install nbgrader {TESTED_VERSION}."
        )
    patch()
    c.GenerateAssignment.preprocessors = [
        "nbgrader.preprocessors.IncludeHeaderFooter",
        "nbgrader.preprocessors.InstantiateTests",
        "nbgrader.preprocessors.LockCells",
        f"{PLUGIN}.release.ClearSolutions",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.CheckCellMetadata",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.SaveCells",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbgrader.preprocessors.ClearMarkScheme",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.exporter_class = f"{PLUGIN}.exporters.SubmissionExporter"
    c.SubmissionExporter.optimistic_validation = True  # validate the notebook once, not after each preprocessor
    c.Autograde.sanitize_preprocessors = [
        f"{PLUGIN}.preprocessors.ReplaceWithRelease",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.DeduplicateIds",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        f"{PLUGIN}.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{PLUGIN}.preprocessors.Execute",
        "nbgrader.preprocessors.IgnorePattern",
        "nbgrader.preprocessors.LimitOutput",
        f"{PLUGIN}.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        f"{PLUGIN}.preprocessors.CheckCellMetadata",
    ]
    c.GenerateFeedback.exporter_class = f"{PLUGIN}.exporters.FeedbackExporter"
    c.GenerateFeedback.preprocessors = [
        f"{PLUGIN}.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.FeedbackExporter.optimistic_validation = True
    c.FeedbackExporter.template_name = "student_feedback"
    c.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
    c.ExportApp.plugin_class = f"{PLUGIN}.gradebook.GradesExporter"


def patch() -> None:
    """Replace what has no setting: converters, timestamps, formgrader's exporter, names, the opened gradebook, PATH.

    nbgrader opens the gradebook eight times for each notebook, each time with a new SQLAlchemy engine that compiles
    every query again. Cached, an address has one engine; while a submission is saved there is one transaction.
    """
    from nbgrader import api as database
    from nbgrader.apps import api, autogradeapp, generateassignmentapp, generatefeedbackapp
    from nbgrader.coursedir import CourseDirectory

    from grader.nbgrader_plugin import timestamps
    from grader.nbgrader_plugin.converter import Autograde  # fails if one of `missing_names` is missing
    from grader.nbgrader_plugin.exporters import PageExporter
    from grader.nbgrader_plugin.page.missing import GenerateFeedback
    from grader.nbgrader_plugin.release import GenerateAssignment
    from grader.nbgrader_plugin.saving.transaction import newest_schema, open_gradebook

    warnings.filterwarnings("ignore", module=r"nbgrader\.", message="Object of type")  # SQLAlchemy 2.1 on nbgrader 0.9
    scripts = str(Path(sys.executable).parent)  # has `alembic`, which `nbgrader db upgrade` runs by name
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])
    api.GenerateAssignment = generateassignmentapp.GenerateAssignment = GenerateAssignment
    api.GenerateFeedback = generatefeedbackapp.GenerateFeedback = GenerateFeedback
    api.Autograde = autogradeapp.Autograde = Autograde
    CourseDirectory.get_existing_timestamp = timestamps.existing_timestamp
    api.NbGraderAPI.get_submitted_timestamp = timestamps.submitted_timestamp
    for opening in OPENING_GRADEBOOKS:
        import_module(opening).Gradebook = open_gradebook  # type: ignore[attr-defined]
    database.get_alembic_version = newest_schema
    if not hasattr(database.create_engine, "cache_info"):
        database.create_engine = functools.cache(database.create_engine)
    for field in (database.Student.first_name, database.Student.last_name):
        if not event.contains(field, "set", _name_to_store):
            event.listen(field, "set", _name_to_store, retval=True)
    if formgrader := sys.modules.get(FORMGRADER):
        formgrader.HTMLExporter = PageExporter  # type: ignore[attr-defined]


def _name_to_store(student: object, value: object, *_: object) -> object:
    """Replace characters that formgrader would interpret as HTML: in names from a roster or nbgrader's commands."""
    return safe_name(value) if isinstance(value, str) else value


def missing_names() -> list[str]:
    """Names of `REQUIRED` that this nbgrader does not have, or has with other parameters."""
    return [name for name, parameters in REQUIRED.items() if not _is_there(name, parameters)]


def _is_there(name: str, parameters: tuple[str, ...]) -> bool:
    try:
        found = pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return not parameters or tuple(inspect.signature(found).parameters) == parameters
