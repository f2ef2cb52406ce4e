"""Formulas of students and of the lesson become MathML of known elements, or stay text."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import html5lib
import nbformat
import pytest

from grader.nbgrader_plugin.page.mathml import ATTRIBUTES, ELEMENTS, MAX_FORMULA_CHARS, mathml
from tests.helpers.graded_pages import RELEASE
from tests.submission.test_formulas import HARMLESS, MOVING

MARKUP = [
    r"\text{<script>alert(1)</script>}", r"\text{<img src=x onerror=alert(1)>}", r"a < b > c & d", r"\mathrm{<b>}",
    r"\href{javascript:alert(1)}{x}", r"\operatorname{</math><script>}", r"\text{&lt;script&gt;}", r"\unicode{x3c}b",
    r"\color{red;position:fixed}{x}", r"\begin{array}{<b>}x\end{array}", r"\mathvariant{<}", "<!--", "]]>",
    r"\tag{<b>}",
]  # fmt: skip
UNFINISHED = ["", "   ", r"\frac{1}", "{" * 900, r"\left(", "^", r"\begin{matrix}", "\x00", r"\sqrt[", "_" * 500, "\\"]


def known(html: str) -> bool:
    """Whether HTML has only the elements and attributes that a formula may have."""
    inside = html5lib.parseFragment(html, namespaceHTMLElements=False).iter()
    found = [(element.tag.rpartition("}")[2], element.attrib) for element in inside if isinstance(element.tag, str)]
    wrapper = {"span": {"class", "tabindex"}, "code": {"class"}, "DOCUMENT_FRAGMENT": set()}
    return all(set(attributes) <= wrapper.get(tag, set(ATTRIBUTES)) for tag, attributes in found) and all(
        tag in ELEMENTS or tag in wrapper for tag, _ in found
    )


@pytest.mark.parametrize("latex", [*MARKUP, *UNFINISHED, *HARMLESS, *MOVING])
@pytest.mark.parametrize("block", [True, False])
def test_no_formula_adds_unknown_markup(latex: str, block: bool) -> None:
    assert known(mathml(latex, block))


def test_unknown_markup_is_found() -> None:
    """Otherwise the test above would prove nothing: the converter itself lets it through."""
    from latex2mathml.converter import convert

    assert not known(convert(MARKUP[0]))
    assert not known('<math><mi href="x">x</mi></math>')


def test_the_formulas_of_the_lessons_are_drawn() -> None:
    sources = "\n".join(
        cell.source
        for path in sorted(RELEASE.glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown"
    )
    formulas = [block or inline for block, inline in re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", sources, re.DOTALL)]
    assert len(formulas) > 80
    assert not [formula for formula in formulas if "<math" not in mathml(formula, block=False)]


def test_symbols_are_characters() -> None:
    drawn = ElementTree.fromstring(mathml(r"\frac{1}{N}\sum_{n=1}^{N} p_n < \infty", block=False))
    assert "".join(drawn.itertext()) == "1N∑n=1Npn<∞"
    assert [element.tag for element in drawn.iter()].count("mfrac") == 1


@pytest.mark.parametrize("latex", [r"\smash{x}", "x" * (MAX_FORMULA_CHARS + 1), r"\def\a{\a\a}\a"])
def test_what_is_not_drawn_is_shown_as_text(latex: str) -> None:
    shown = mathml(latex, block=True)
    assert "<math" not in shown
    assert latex in unescape(shown)


def test_only_a_long_formula_of_its_own_line_can_be_scrolled_by_keyboard() -> None:
    assert "tabindex" in mathml("+".join("abcdefghijklmnop"), block=True)
    assert "tabindex" not in mathml("x", block=True)
    assert "tabindex" not in mathml("+".join("abcdefghijklmnop"), block=False)
