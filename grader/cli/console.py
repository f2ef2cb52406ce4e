"""Print to the terminal."""

from __future__ import annotations

from rich.console import Console, RenderableType


def say(console: Console, text: RenderableType, style: str = "") -> None:
    """Print as it is: without rich's markup, highlighting and line wrapping, because names may contain anything."""
    console.print(text, style=style or None, highlight=False, markup=False, soft_wrap=True)
