"""A report in five lines, for the terminal."""

from __future__ import annotations

from grader.cli.class_report.model import Report
from grader.grading.report import UNGRADED, points
from grader.submission.language import gettext


def summary_lines(report: Report, path: str) -> tuple[str, str, str, str, str]:
    """Points, the hardest check, the most frequent mistake, what waits for a person, and where the page is."""
    return _points(report), _hardest(report), _most_frequent(report), _waiting(report), f"report: {path}"


def _points(report: Report) -> str:
    of = report.points
    missing = f", {of.not_submitted} students without one" if of.not_submitted else ""
    middle = f"median {points(of.median)}, mean {points(of.mean)} of {points(of.maximum)}"
    return f"points: {middle}; {of.submitted} submissions{missing}"


def _hardest(report: Report) -> str:
    if not report.checks or report.checks[0].share == 1:
        return "hardest check: none, all passed"
    check = report.checks[0]
    return f"hardest check: {check.passed} of {check.judged} passed {_name(check.cell)}: {check.title}"


def _most_frequent(report: Report) -> str:
    if report.mistakes:
        mistake = report.mistakes[0]
        return f"most frequent mistake: {mistake.count} × {_name(mistake.cell)}: {mistake.text}"
    if report.alike and (group := report.alike[0]).count > 1:
        return f"most frequent mistake: none has a name; {group.count} answers to {_name(group.cell)} fail alike"
    return "most frequent mistake: none occurs twice"


def _waiting(report: Report) -> str:
    if not report.points.waiting:
        return "waiting for a person: none"
    marked = gettext(UNGRADED)
    return f"{report.points.waiting} submissions have cells that a person grades ({marked})"


def _name(cell: str) -> str:
    return cell.removesuffix("_checks")
