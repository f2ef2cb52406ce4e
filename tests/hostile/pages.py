"""What a hostile notebook does to the pages that people open, and the same without any cleaning."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest.mock import patch

import nbformat
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from pygments.lexer import RegexLexer

from grader.nbgrader_plugin import exporters
from grader.submission import clean_outputs, rebuild
from grader.submission.clean_outputs import MAX_OUTPUTS, OutputBudget
from grader.submission.colours import MAX_COLOUR_CHANGES
from grader.submission.formulas import stays_in_place
from grader.submission.rebuild import MAX_SOURCE_CHARS
from tests.helpers.rendered_pages import Page, fetched_from_elsewhere, rendered_pages

MAX_ELEMENTS = 40_000  # of one page: browsers show it at once
MAX_PAGE_CHARS = 8_000_000  # of one page, pictures included; what a student may paste takes half of it
LEXERS = {"Python", "Text only", "IPython", "IPython3"}  # IPython's reads code without magics as Python's


def page_effects(notebook: NotebookNode, released: NotebookNode) -> set[str]:
    """The effects "heavy", "fetched" and "covered" on the feedback page and on formgrader's.

    notebook: graded. released: without anything of a student's.
    """
    found = {"heavy"} if any(map(_is_heavy, notebook.cells)) else set()
    with _lexers() as used:
        rendered = rendered_pages(notebook)
    if any(len(page) > MAX_PAGE_CHARS for page in rendered):
        found.add("heavy")
    pages = [Page(page) for page in rendered]
    if used - LEXERS or any(len(page.elements) > MAX_ELEMENTS for page in pages):
        found.add("heavy")
    for page, untouched in zip(pages, _untouched(nbformat.writes(released)), strict=True):
        if fetched_from_elsewhere(page, untouched):
            found.add("fetched")
        if not stays_in_place(page.formulas):
            found.add("covered")
    return found


@cache
def _untouched(released: str) -> list[Page]:
    return [Page(page) for page in rendered_pages(nbformat.reads(released, as_version=4))]


def _is_heavy(cell: NotebookNode) -> bool:
    """Whether nbconvert, or a person's browser, would take time that is not linear in the cell's size."""
    outputs = cell.get("outputs", [])
    escapes = sum("".join((o.get("text", ""), *o.get("traceback", ()))).count("\x1b") for o in outputs)
    return len(outputs) > MAX_OUTPUTS + 1 or escapes > MAX_COLOUR_CHANGES or len(cell.source) > 8 * MAX_SOURCE_CHARS


@contextlib.contextmanager
def _lexers() -> Iterator[set[str]]:
    """The names of pygments' lexers that read code."""
    used: set[str] = set()
    original = RegexLexer.get_tokens_unprocessed

    def reading(self: Any, *arguments: Any, **options: Any) -> Any:
        used.add(self.name)
        return original(self, *arguments, **options)

    with patch.object(RegexLexer, "get_tokens_unprocessed", reading):
        yield used


@contextlib.contextmanager
def without_cleaning() -> Iterator[None]:
    """Show a student's content as it is, as nbgrader alone would."""

    def page(self: HTMLExporter, nb: NotebookNode, resources: Any = None, **options: Any) -> Any:
        nb.metadata.pop("language_info", None)
        return HTMLExporter.from_notebook_node(self, nb, resources, **options)  # type: ignore[no-untyped-call]

    with (
        patch.object(exporters.PageExporter, "from_notebook_node", page),
        patch.object(exporters.PageExporter, "default_filters", HTMLExporter.default_filters),
        patch.object(OutputBudget, "clean", lambda self, outputs: [nbformat.from_dict(output) for output in outputs]),
        patch.object(rebuild, "clean_markdown", lambda source, attachments=None: source),
        patch.object(clean_outputs, "clean_html", lambda source: source),
    ):
        yield
