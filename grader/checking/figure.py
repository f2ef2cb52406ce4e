"""A picture for the report of a checks cell, recorded by a check: `record_property("figure", Figure(…))`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """png: in base64. alt: for people who do not see it. caption: a sentence, plain text."""

    png: str
    alt: str
    caption: str
