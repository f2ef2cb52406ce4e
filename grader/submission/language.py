"""What is said to students and instructors, in their language: messages are written in Japanese and looked up here."""

from __future__ import annotations

import gettext as library
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"  # <language>.po for each language but Japanese
JAPANESE = "ja"
_language = ContextVar("language", default=JAPANESE)


def languages() -> list[str]:
    """All that messages exist in."""
    return [JAPANESE, *sorted(path.stem for path in LOCALE.glob("*.po"))]


def language() -> str:
    """The one in use."""
    return _language.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Use a language, one of `languages()`; Japanese instead of any other."""
    token = _language.set(language if language in languages() else JAPANESE)
    try:
        yield
    finally:
        _language.reset(token)


def gettext(message: str) -> str:
    """The message in the language in use; the message itself where it has no translation."""
    return _translations(_language.get()).gettext(message) if message else ""  # gettext has the header under ""


def ngettext(message: str, plural: str, count: int) -> str:
    """As `gettext`, in the form for this number; Japanese has only one."""
    return _translations(_language.get()).ngettext(message, plural, count)


def N_(message: str) -> str:
    """The message itself: marks one that is kept in Japanese, and translated where it is said."""
    return message


@cache
def _translations(language: str) -> library.NullTranslations:
    if language == JAPANESE:
        return library.NullTranslations()
    compiled = BytesIO()
    with (LOCALE / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return library.GNUTranslations(compiled)
