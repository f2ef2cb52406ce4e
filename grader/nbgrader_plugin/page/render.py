"""Render the student's page of a graded notebook: one file without scripts, which shows everything offline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbformat import NotebookNode

from grader.checking import assignment
from grader.grading.report import WORDS, points
from grader.nbgrader_plugin.page import cells
from grader.nbgrader_plugin.page.picture import pair
from grader.nbgrader_plugin.page.tasks import is_checks, tasks, titles_of
from grader.submission.clean_html import clean_markdown
from grader.submission.files import printable
from grader.submission.language import JAPANESE, gettext, language, ngettext, speaking

NOTES = ("grader-notes", "grader-text-only")  # ids of the cells that say something about the notebook as a whole
MAX_NAME, MAX_COMMENT = 100, 20_000  # characters
STYLE = Path(__file__).parent / "templates" / "page.css"


def page(nb: NotebookNode, about: Mapping[str, Any], coloured: bool) -> str:
    """The page.

    nb: with scores and comments. about: nbgrader's ids, the points of the notebook, and what `scores.tell_decisions`
    adds. coloured: whether to highlight code. The language, and why the notebook is missing, stand in its metadata,
    which are the grader's or the release's, never a student's.
    """
    stated = nb.metadata.get("grader", {})
    wanted, missing = stated.get("language", JAPANESE), str(stated.get("missing", ""))
    with speaking(wanted if isinstance(wanted, str) else JAPANESE):
        found = tasks(nb)
        for task in found if missing else ():
            task.answers = []
        return _template.render(
            language=language(),
            title=titles_of(nb)[""] or about["notebook"],
            assignment=assignment.title_of(about["assignment"]),
            whose=whose(about),
            missing=missing,
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


def whose(about: Mapping[str, Any]) -> str:
    """The student: the id, and the name if the gradebook has one. Of an imported list either part may be missing."""
    student = printable(str(about["student"]))
    first, last = (printable(str(about[part] or "").strip())[:MAX_NAME] for part in ("first_name", "last_name"))
    name = " ".join(filter(None, (last, first) if language() == JAPANESE else (first, last)))
    return gettext("{student}（{name}）").format(student=student, name=name) if name else student


def counted(number: float) -> int:
    """What chooses a plural form, which has to be whole: 1.0 → 1, and any fraction as 2 ("0.5 points")."""
    shown = float(points(number))
    return int(shown) if shown.is_integer() else 2


def comment(text: str) -> Markup:
    """A person's comment, which formgrader promises to show as Markdown with formulas; cleaned, as a student's text."""
    cut = text if len(text) <= MAX_COMMENT else f"{text[:MAX_COMMENT]} …"
    return cells.markdown(clean_markdown(cut))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.nbgrader_plugin.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    shown = {name: getattr(cells, name) for name in ("markdown", "code", "first_line", "outputs")}
    environment.filters.update(shown, points=points, counted=counted, pair=pair, comment=comment)
    environment.tests["checks"] = is_checks
    environment.globals.update(words=WORDS, style=Markup(STYLE.read_text()))
    return environment


_template = _environment().get_template("page.html.j2")
