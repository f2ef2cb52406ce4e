"""Render a report as one page without scripts, in the language in use."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from grader.checking.assignment import title_of
from grader.cli.class_report.model import Bin, Report
from grader.grading.report import WORDS, points
from grader.grading.verdict import Outcome
from grader.submission.language import gettext, language, ngettext

MAX_GROUPS = 30  # of a kind on the page; class.json has them all
MAX_REMARKS = 200
WIDTH, HEIGHT, GAP = 360.0, 130.0, 3.0  # of the histogram's bars, in its own units


class Links(Protocol):
    """Addresses of students' pages, relative to the report."""

    def page(self, student: str, notebook: str) -> str:
        """The path of a student's page for a notebook, or ""."""


@dataclass(frozen=True)
class Bar:
    """A bar of the histogram, with the number to write above it."""

    x: float
    y: float
    width: float
    height: float
    bin: Bin


def render(report: Report, links: Links) -> str:
    """The page, in the language in use."""

    def address(student: str, notebook: str) -> str:
        return quote(os.fsencode(links.page(student, notebook)))

    template = _environment().get_template("index.html.j2")
    return template.render(
        report=report,
        title=title_of(report.assignment),
        speaks=language(),
        checks_of=Counter(check.cell for check in report.checks),
        bars=histogram(report.points.bins),
        size=(WIDTH, HEIGHT),
        address=address,
        word=lambda outcome: gettext(WORDS[Outcome(outcome)]),
        max_groups=MAX_GROUPS,
        max_remarks=MAX_REMARKS,
    )


def histogram(bins: Sequence[Bin]) -> list[Bar]:
    """The bars; the highest fills the height."""
    highest = max((one.count for one in bins), default=0) or 1
    step = WIDTH / max(1, len(bins))
    heights = [round(HEIGHT * one.count / highest, 1) for one in bins]
    return [
        Bar(round(i * step + GAP / 2, 1), HEIGHT - height, round(step - GAP, 1), height, one)
        for i, (one, height) in enumerate(zip(bins, heights, strict=True))
    ]


def percent(share: float) -> int:
    """Rounded; 0 only for none, 100 only for all."""
    return round(100 * share) if share in (0, 1) else min(max(round(100 * share), 1), 99)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.cli.class_report"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["points"] = points
    environment.filters["percent"] = percent
    environment.filters["moment"] = lambda written: written[:16].replace("T", " ")
    return environment
