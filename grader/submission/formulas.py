"""Decide whether the formulas of a text are drawn where they stand, or could be drawn over other content.

`\\smash\\rlap\\raise{…}\\rule{60em}{900em}` in white covered a page where MathJax drew it. Such text is shown as it is.
"""

from __future__ import annotations

import re

# Commands that move what they draw, hide its size, draw areas, or define other commands.
MOVING_COMMANDS = frozenset(
    "above abovewithdelims atopwithdelims bbox begingroup clap class colorbox cssId csname def definecolor "
    "fcolorbox gdef edef genfrac global hsmash let llap lower mathclap mathllap mathrlap mmlToken moveleft "
    "moveright newcommand newenvironment overwithdelims providecommand raise raisebox renewcommand "
    "leftroot renewenvironment require rlap Rule rule skew smash Space style unicode uproot vsmash vspace".split()
)
SPACE_COMMANDS = frozenset("hskip hspace kern mkern mskip mspace".split())
COMMAND = re.compile(r"\\((?:\\|cr\b|newline\b)\s{0,20}\*?\s{0,20}\[|[A-Za-z]+)")
LENGTH = re.compile(
    r"\s{0,20}\*?\s{0,20}\{?\s{0,20}([0-9]{0,3}(?:[.,][0-9]{0,9})?)\s{0,20}(em|ex|pt|px|mu|cm|mm|in|pc)\b"
)
MAX_LENGTH = {"em": 10, "ex": 20, "pt": 100, "px": 100, "mu": 180, "cm": 4, "mm": 40, "in": 1.5, "pc": 8}
MAX_SPACES = 50  # in one text: of `\hspace` and its like, and of `\!`, which moves to the left


def stays_in_place(text: str) -> bool:
    """Whether every formula in a text, as a reader sees it, paints within the box that the page reserves for it."""
    if "\\" not in text:
        return True
    spaces = (
        text.count("\\!") + text.count("\\negthinspace") + text.count("\\negmedspace") + text.count("\\negthickspace")
    )
    for command in COMMAND.finditer(text):
        name = command[1]
        if name in MOVING_COMMANDS:
            return False
        if name in SPACE_COMMANDS or name.endswith("["):
            spaces += 1
            if not _is_small(text, command.end()):
                return False
    return spaces <= MAX_SPACES


def _is_small(text: str, place: int) -> bool:
    """Whether a length that is neither negative nor large stands here."""
    length = LENGTH.match(text, place)
    if not length:
        return False
    try:
        return float(length[1].replace(",", ".")) <= MAX_LENGTH[length[2]]
    except ValueError:
        return False
