"""Render the student's page of a graded notebook: one file without scripts, which shows everything offline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbformat import NotebookNode

from grader.grading.report import WORDS, points
from grader.nbgrader_plugin.page import cells
from grader.nbgrader_plugin.page.picture import pair
from grader.nbgrader_plugin.page.tasks import is_checks, tasks, title_of
from grader.submission.language import JAPANESE, gettext, language, speaking

NOTES = ("grader-notes", "grader-text-only")  # ids of the cells that say something about the notebook as a whole
STYLE = Path(__file__).parent / "templates" / "page.css"


def page(nb: NotebookNode, about: Mapping[str, Any], coloured: bool) -> str:
    """The page.

    nb: with scores and comments. about: nbgrader's ids, and the points of the notebook. coloured: whether to highlight
    code. The language is that of the notebook's metadata, which are the release's.
    """
    wanted = nb.metadata.get("grader", {}).get("language", JAPANESE)
    with speaking(wanted if isinstance(wanted, str) else JAPANESE):
        found = tasks(nb)
        return _template.render(
            language=language(),
            title=title_of(nb) or about["notebook"],
            about=about,
            tasks=found,
            waiting=[task for task in found if task.score is None],
            notes=[cell for cell in nb.cells if cell.get("id") in NOTES],
            cells=[cell for cell in nb.cells if cell.get("id") not in NOTES],
            task_of={task.name: task for task in found},
            readable={cell.get("id") for cell in nb.cells},
            coloured=coloured,
            headings=cells.Headings(),
        )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.nbgrader_plugin.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, lambda one, many, number: gettext(one if number == 1 else many), newstyle=True
    )
    shown = {name: getattr(cells, name) for name in ("markdown", "code", "first_line", "outputs")}
    environment.filters.update(shown, points=points, pair=pair)
    environment.tests["checks"] = is_checks
    environment.globals.update(words=WORDS, style=Markup(STYLE.read_text()))
    return environment


_template = _environment().get_template("page.html.j2")
