"""The words of checks in the reader's language: what authors of checks use of `submission.language`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from grader.submission.language import N_ as N_
from grader.submission.language import gettext as gettext


class Reworded:
    """A text that one of `phrases` has made, in the language in use; its own words where none has.

    For checks that draw examples: hypothesis derives the examples from the check's source, which therefore keeps its
    Japanese text and calls no `gettext`. phrases: messages, with {names} of the parts that are filled in.
    """

    def __init__(self, text: object, phrases: Sequence[str]) -> None:
        self._text, self._phrases = text, phrases

    def __str__(self) -> str:
        text = str(self._text)
        for phrase in self._phrases:
            if parts := _pattern(phrase).fullmatch(text):
                return gettext(phrase).format(**parts.groupdict())
        return text


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    """Matches the texts that `phrase.format(…)` makes."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(phrase)), re.DOTALL)
