"""The course: its folders, its language, and the grader's preprocessors among nbgrader's own."""

from pathlib import Path

from nbgrader import preprocessors as stock
from nbgrader.apps import api, autogradeapp

import grader.nbgrader_plugin.converter

c = get_config()  # noqa: F821 - traitlets defines it

c.CourseDirectory.course_id = "loss_functions"

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("ここに書く")'}
c.ClearSolutions.text_stub = "ここに観察を書いてください。"

# Only three are replaced, and `ReplaceWithRelease` comes first; the rest is nbgrader's own list.
# nbgrader has no setting for its converter, and its own follows links and ends a batch at one bad submission.
api.Autograde = autogradeapp.Autograde = grader.nbgrader_plugin.converter.Autograde
c.Autograde.exporter_class = "grader.nbgrader_plugin.preprocessors.SubmissionExporter"
c.SubmissionExporter.optimistic_validation = True  # the notebook file at the end, not after each preprocessor
c.Autograde.sanitize_preprocessors = [
    "grader.nbgrader_plugin.preprocessors.ReplaceWithRelease",
    stock.ClearOutput,
    stock.DeduplicateIds,
    stock.OverwriteKernelspec,
    stock.OverwriteCells,
    "grader.nbgrader_plugin.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "grader.nbgrader_plugin.preprocessors.Execute",
    stock.IgnorePattern,
    stock.LimitOutput,
    "grader.nbgrader_plugin.preprocessors.SaveAutoGrades",
    stock.AssignLatePenalties,
    "grader.nbgrader_plugin.preprocessors.CheckCellMetadata",
]

c.GenerateFeedback.exporter_class = "grader.nbgrader_plugin.preprocessors.FeedbackExporter"
c.GenerateFeedback.preprocessors = [
    "grader.nbgrader_plugin.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.FeedbackExporter.template_name = "student_feedback"
c.FeedbackExporter.extra_template_basedirs = [str(Path(grader.__file__).parent / "grading" / "templates")]

c.ExportApp.plugin_class = "grader.nbgrader_plugin.gradebook.GradesExporter"
