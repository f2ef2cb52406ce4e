"""Formulas as MathML, which browsers draw without a script; as their source where they cannot be converted."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter

from grader.submission.formulas import stays_in_place

MAX_FORMULA_CHARS = 1_000  # the lesson's longest has 150
MAX_CACHED = 1_024  # formulas; the lesson has 120
LONG = 24  # characters of a drawn formula that may be wider than a telephone
ELEMENTS = frozenset(
    "math mrow mi mn mo mtext ms mspace mfrac msqrt mroot mstyle msub msup msubsup munder mover munderover "
    "mmultiscripts mprescripts none mtable mtr mtd menclose".split()
)
ATTRIBUTES = {
    "display": re.compile(r"block|inline"),
    "displaystyle": re.compile(r"true|false"),
    "scriptlevel": re.compile(r"[0-2]"),
    "mathvariant": re.compile(r"[a-z-]{1,30}"),
    "linethickness": re.compile(r"0"),
    "width": re.compile(r"-?0?\.[0-9]{1,6}em|[12](?:\.[0-9]{1,3})?em"),
    "notation": re.compile(r"box|top|bottom|left|right"),
    "columnalign": re.compile(r"(?:(?:left|right|center) ?){1,40}"),
    **dict.fromkeys(("columnlines", "rowlines"), re.compile(r"(?:(?:solid|dashed|none) ?){1,40}")),
    **dict.fromkeys(
        "stretchy fence form separator accent accentunder movablelimits largeop symmetric".split(),
        re.compile(r"true|false|prefix|postfix|infix"),
    ),
    **dict.fromkeys(("minsize", "maxsize"), re.compile(r"[0-3](?:\.[0-9]{1,3})?em")),
}


@lru_cache(MAX_CACHED)
def mathml(latex: str, block: bool) -> str:
    """A formula as an element of HTML: `<math>`, or `<code>` with the source of what is not converted.

    The source is a student's, perhaps. The converter copies text from it into its own markup unescaped, so its tree is
    taken, of which only known elements and attributes are kept. Macros are not expanded: they could grow without limit.
    """
    if len(latex) <= MAX_FORMULA_CHARS and stays_in_place(latex):
        try:
            tree = Converter(display="block" if block else "inline").convert_to_element(latex.strip())
            text = _plain(tree)
        except Exception:  # of any type, for any text that is not a formula
            text = 0
        if text:
            formula = tostring(tree, encoding="unicode")
            wide = ' tabindex="0"' if text > LONG else ""
            return f'<span class="formula"{wide}>{formula}</span>' if block else formula
    return f'<code class="formula">{escape(latex)}</code>'


def _plain(element: Element) -> int:
    """Remove unknown attributes of an element and below, in place. → characters drawn; 0 if an element is unknown."""
    if element.tag not in ELEMENTS:
        raise ValueError(element.tag)
    element.attrib = {
        name: value
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and ATTRIBUTES[name].fullmatch(value)
    }
    # The converter writes symbols as entities, which `tostring` would escape.
    element.text = unescape(element.text) if element.text else None
    element.tail = None
    return len(element.text or "") + sum(map(_plain, element))
