"""nbconvert's exporters, as nbgrader's converters use them: for submissions, and for feedback pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import HTMLExporter, NotebookExporter

from grader.nbgrader_plugin.jobs import NotebookContext


class SubmissionExporter(NotebookExporter):
    """Converts a submission without reading it; the preprocessors read it, safely, whatever kind of file it is."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """As nbconvert's, but give it an empty notebook for the submitted file, which may be a pipe or not JSON."""
        getattr(self, "_nb_metadata", {}).clear()  # nbconvert keeps it for HTML pages: 9 KB for each submission
        if Path(filename) == NotebookContext.of(resources).path("submitted"):
            empty = nbformat.v4.new_notebook()
            return super().from_notebook_node(empty, resources, **kwargs)  # type: ignore[no-untyped-call]
        return super().from_filename(filename, resources=resources, **kwargs)


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback page in Japanese. A subclass, because formgrader sets the template of HTMLExporter."""
