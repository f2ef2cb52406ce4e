"""Print to the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType

from grader.submission.files import printable


def say(console: Console, text: RenderableType, style: str = "") -> None:
    """Print as it is: without rich's markup, highlighting and line wrapping, because names may contain anything."""
    console.print(text, style=style or None, highlight=False, markup=False, soft_wrap=True)


def file_error(error: OSError) -> str:
    """Which file cannot be read or written, and why. Its name may be a student's."""
    return f"{printable(str(error.filename or 'a file'))}: {error.strerror or error}"


@contextmanager
def working(console: Console, text: str) -> Iterator[None]:
    """Say what takes seconds: while it lasts on a terminal, as a line elsewhere. No progress bar may start inside."""
    if console.is_terminal:
        with console.status(text):
            yield
    else:
        say(console, text)
        yield
