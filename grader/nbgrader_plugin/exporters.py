"""nbconvert's exporters, as nbgrader's converters use them: for submissions, and for feedback pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import Exporter, HTMLExporter, NotebookExporter
from nbconvert.filters.ansi import ansi2html
from nbformat import NotebookNode

from grader.checking.assignment import find
from grader.nbgrader_plugin.jobs import NotebookContext, language_of
from grader.nbgrader_plugin.page.render import page
from grader.submission.clean_html import preformatted
from grader.submission.colours import ColourBudget, settle
from grader.submission.language import N_, gettext, speaking
from grader.submission.work_limits import LimitExceeded, limited

PYTHON, PLAIN = "python3", "text"  # names of pygments' lexers
TOKEN = re.compile(r"\w+|[^\w\s]")
MAX_TOKENS = 40_000  # of highlighted code in one notebook: each may be an element of the page. A release has 4,000
PAGE_CPU_SECONDS, PAGE_MEMORY_BYTES = 20, 1 << 30  # for one page; the worst notebook known takes 5 s, 200 MB
MAX_PLAIN_CHARS = 10_000  # of one cell on a page that exceeds them
PLAIN_NOTE = N_("このページは、そのまま表示すると重すぎるので、文字だけで表示しています。出力は省きました。")


def has_many_tokens(sources: list[str]) -> bool:
    """Whether code has so many tokens that a page should not highlight it. Counts no further than the limit."""
    tokens = (token for source in sources for token in TOKEN.finditer(source))
    return next(islice(tokens, MAX_TOKENS, None), None) is not None


def code_of(nb: NotebookNode) -> list[str]:
    """The sources of a notebook's code cells."""
    return [cell.source for cell in nb.cells if cell.cell_type == "code"]


class SubmissionExporter(NotebookExporter):
    """Converts a submission without reading it; the preprocessors read it, safely, whatever kind of file it is."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """As nbconvert's, but give it an empty notebook for the submitted file, which may be a pipe or not JSON."""
        getattr(self, "_nb_metadata", {}).clear()  # nbconvert keeps it for HTML pages: 9 KB for each submission
        if Path(filename) == NotebookContext.of(resources).path("submitted"):
            empty = nbformat.v4.new_notebook()
            return super().from_notebook_node(empty, resources, **kwargs)  # type: ignore[no-untyped-call]
        return super().from_filename(filename, resources=resources, **kwargs)

    def _preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        nb, resources = super()._preprocess(nb, resources)  # type: ignore[no-untyped-call]
        return cheap_to_render(nb), resources


def cheap_to_render(nb: NotebookNode) -> NotebookNode:
    """Change a graded notebook so that nbconvert renders it in linear time: formgrader does, with its own templates.

    IPython's lexer gives the text after a cell magic such as `%%perl` to a lexer that may be quadratic, so Python's is
    named in the metadata. Outputs, also those of a submitted file, get few colours.
    """
    language, kernel = (nb.metadata.get(key) or {} for key in ("language_info", "kernelspec"))
    if (language.get("name") or kernel.get("language") or "python") == "python":
        lexer = PLAIN if has_many_tokens(code_of(nb)) else PYTHON
        nb.metadata["language_info"] = NotebookNode({"name": "python", **language, "pygments_lexer": lexer})
    colours = ColourBudget()
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = settle(cell.outputs, colours)
    return nb


class PageExporter(HTMLExporter):
    """nbconvert's page of a graded notebook, within limits; formgrader's, and the base of the feedback page."""

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """nbconvert's, but linear for terminal text, also in notebooks that an earlier version has graded."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield ("ansi2html", lambda text: ansi2html(ColourBudget().clean(text)))

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> Any:
        """Render the page; as text only, with a note that says so, if that would take too much time or memory."""
        try:
            with limited(PAGE_CPU_SECONDS, PAGE_MEMORY_BYTES):
                return self._render(cheap_to_render(nb), resources, **kwargs)
        except (LimitExceeded, MemoryError, RecursionError):
            return self._render(as_text_only(nb), resources, **kwargs)

    def _render(self, nb: NotebookNode, resources: Any, **kwargs: Any) -> Any:
        return super().from_notebook_node(nb, resources, **kwargs)


class FeedbackExporter(PageExporter):
    """The student's page, from this package's template; for assignments without checks here, nbconvert's.

    A subclass, because formgrader sets the template of HTMLExporter.
    """

    def _render(self, nb: NotebookNode, resources: Any, **kwargs: Any) -> Any:
        if find(resources["nbgrader"]["assignment"]) is None:
            return super()._render(nb, resources, **kwargs)
        nb, resources = Exporter.from_notebook_node(self, nb, resources)
        coloured = nb.metadata.language_info.get("pygments_lexer") == PYTHON
        return page(nb, resources["nbgrader"], coloured), resources


def as_text_only(nb: NotebookNode) -> NotebookNode:
    """Return a notebook with the start of each cell's text, and without outputs but those of checks cells."""
    with speaking(language_of(nb)):
        note = nbformat.v4.new_markdown_cell(gettext(PLAIN_NOTE), id="grader-text-only")
    plain: NotebookNode = nbformat.from_dict({**nb, "cells": [note]})
    plain.metadata = nbformat.from_dict({**nb.metadata, "language_info": {"name": "python", "pygments_lexer": PLAIN}})
    for original in nb.cells:
        cell = nbformat.from_dict({key: original[key] for key in original if key != "attachments"})
        about = cell.metadata.get("nbgrader", {})
        cell.source = cell.source[:MAX_PLAIN_CHARS]
        if cell.cell_type == "markdown":
            cell.source = preformatted(cell.source)
        elif cell.cell_type == "code" and not (about.get("grade") and not about.get("solution")):
            cell.outputs = []
        plain.cells.append(cell)
    return plain
