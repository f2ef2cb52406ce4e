"""The cells of a notebook as HTML: text, code and outputs.

What is in the notebook was cleaned when it entered (`submission/clean_html.py`, `clean_outputs.py`); nothing is cleaned
here, so a renderer must not make more of a text than nbconvert's, with which it was checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape
from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from grader.nbgrader_plugin.page.mathml import mathml
from grader.submission.clean_html import PICTURE_EXTENSIONS
from grader.submission.colours import ColourBudget
from grader.submission.language import gettext as _

MAX_CACHED, MAX_CACHED_CHARS = 512, 12_000  # sources of cells, and the length of one; a release's longest has 9,700
MAX_TITLE = 100  # characters of a line that stands for a cell
MAX_FORMULAS = 200  # in one cell; the lesson's most have 20
COLOURED = {Keyword: "k", Operator.Word: "k", String: "s", Comment: "c", Number: "n", Name.Function: "f",
            Name.Class: "f", Name.Decorator: "f"}  # fmt: skip
COLOURS = re.compile(r' style="[^"]{0,200}"')
FORMULA = re.compile(r"\$\$?([^$]+)\$\$?|(\\begin\{.+\})", re.DOTALL)  # an output of a formula, such as sympy's
HEADING = re.compile(r"<(/?)h([1-6])\b")
FIRST_LEVEL, LAST_LEVEL = 3, 6  # of headings within the notebook


class Renderer(IPythonRenderer):
    """nbconvert's for Markdown, but formulas become MathML, and headings have no addresses."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__(escape=False, attachments=dict(attachments), exclude_anchor_links=True)
        self._formulas_left = MAX_FORMULAS

    def _formula(self, latex: str, block: bool) -> str:
        self._formulas_left -= 1
        return mathml(latex, block) if self._formulas_left >= 0 else f"<code>{escape(latex)}</code>"

    def block_math(self, body: str) -> str:
        """`$$…$$`."""
        return self._formula(body, block=True)

    def inline_math(self, body: str) -> str:
        """`$…$`."""
        return self._formula(body, block=False)

    def latex_environment(self, name: str, body: str) -> str:
        r"""`\begin{…}…\end{…}`."""
        return self._formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


def markdown(source: str, attachments: Mapping[str, Any] | None = None) -> Markup:
    """A text cell."""
    if attachments or len(source) > MAX_CACHED_CHARS:
        return _markdown(source, attachments or {})
    return _cached_markdown(source)


@lru_cache(MAX_CACHED)
def _cached_markdown(source: str) -> Markup:
    return _markdown(source, {})


def _markdown(source: str, attachments: Mapping[str, Any]) -> Markup:
    return Markup(MarkdownWithMath(renderer=Renderer(attachments)).render(source))


def code(source: str, coloured: bool = True) -> Markup:
    """Python code. coloured: whether to highlight it. Cells of the release are the same for all students."""
    if not coloured:
        return Markup("<pre><code>{}</code></pre>").format(source)
    return _cached_code(source) if len(source) <= MAX_CACHED_CHARS else _code(source)


@lru_cache(MAX_CACHED)
def _cached_code(source: str) -> Markup:
    return _code(source)


def _code(source: str) -> Markup:
    tokens = PythonLexer(stripnl=False, ensurenl=False).get_tokens(source)
    parts = (
        f'<span class="{colour}">{text}</span>' if colour else text
        for colour, run in groupby(tokens, lambda token: _colour(token[0]))
        if (text := escape("".join(token[1] for token in run)))
    )
    return Markup(f"<pre><code>{''.join(parts)}</code></pre>")


def _colour(kind: _TokenType | None) -> str:
    while kind is not None:
        if kind in COLOURED:
            return COLOURED[kind]
        kind = kind.parent
    return ""


def first_line(source: str) -> str:
    """What stands for a cell whose code its author has hidden: the title in its first line, such as `#@title …`."""
    return source.partition("\n")[0][:MAX_TITLE].lstrip("#").removeprefix("@title").strip() or _("コード")


def outputs(of: Iterable[NotebookNode]) -> Iterator[Markup]:
    """The outputs of a code cell."""
    for output in of:
        if output.output_type == "stream":
            yield terminal(output.text)
        elif output.output_type == "error":
            yield terminal("\n".join(output.traceback) or f"{output.ename}: {output.evalue}")
        else:
            yield _display(output.data)


def terminal(text: str) -> Markup:
    """Printed text. Its colours become classes; those that only a style could give are left out."""
    if "\x1b" not in text:
        return Markup("<pre>{}</pre>").format(text)
    return Markup(f"<pre>{COLOURS.sub('', ansi2html(ColourBudget().clean(text)))}</pre>")


def _display(data: Mapping[str, str]) -> Markup:
    if html := data.get("text/html"):
        return Markup('<div class="html" tabindex="0">{}</div>').format(Markup(html))
    if text := data.get("text/markdown"):
        return Markup('<div class="html" tabindex="0">{}</div>').format(markdown(text))
    for mime in PICTURE_EXTENSIONS:
        if picture := data.get(mime):
            return Markup('<img alt="{}" src="data:{};base64,{}">').format(_("コードが描いた図"), mime, picture)
    if latex := data.get("text/latex"):
        formula = FORMULA.fullmatch(latex.strip())
        return Markup(mathml(formula[1] or formula[2], block=True)) if formula else terminal(latex)
    return terminal(data.get("text/plain", ""))


class Headings:
    """Gives the headings of a notebook levels without gaps, below those of the page."""

    def __init__(self) -> None:
        self._level = FIRST_LEVEL - 1

    def ordered(self, html: str) -> Markup:
        """The next cell's HTML."""
        return Markup(HEADING.sub(self._renamed, html))

    @staticmethod
    def below(html: str) -> Markup:
        """A comment's HTML, whose headings all stand below the comment's own."""
        return Markup(HEADING.sub(rf"<\1h{FIRST_LEVEL + 1}", str(html)))

    def _renamed(self, tag: re.Match[str]) -> str:
        if not tag[1]:
            self._level = min(max(int(tag[2]) + 1, FIRST_LEVEL), self._level + 1, LAST_LEVEL)
        return f"<{tag[1]}h{self._level}"
