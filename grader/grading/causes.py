"""Why the code of a task never ran: told once for its checks cell, instead of a NameError for each check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from nbformat import NotebookNode

from grader.grading.verdict import Outcome, Verdict
from grader.submission.language import gettext
from grader.submission.match import grade_id

MISSING = re.compile(r"NameError: name '(\w{1,60})' is not defined")
LINE = re.compile(r"line (\d{1,6})")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
MAX_ERROR = 200  # characters of an error's last line
NAMED = 2  # of the missing names, in a sentence


def tell_causes_once(
    verdicts: dict[str, list[Verdict]], cells: Sequence[NotebookNode], ended_in: tuple[NotebookNode, str] | None
) -> tuple[dict[str, list[Verdict]], dict[str, str]]:
    """Verdicts without the evidence that a cause explains, and the cause of each checks cell that has one.

    cells: of the notebook, run. ended_in: the cell during which the process ended, and the reason; None if it lived.
    """
    causes = {}
    for index, cell in enumerate(cells):
        name = grade_id(cell)
        if name in verdicts and (cause := _cause(verdicts[name], cells[:index], ended_in)):
            causes[name] = cause
    told = {
        name: [replace(verdict, evidence=(), numbers=None) if _is_unanswered(verdict) else verdict for verdict in cell]
        if name in causes
        else cell
        for name, cell in verdicts.items()
    }
    return told, causes


def _is_unanswered(verdict: Verdict) -> bool:
    """Whether a check failed because there was nothing to ask."""
    if verdict.outcome is Outcome.CRASHED:
        return True
    return verdict.outcome is Outcome.RAISED and any(MISSING.match(line) for line in verdict.evidence)


def _cause(
    verdicts: Sequence[Verdict], before: Sequence[NotebookNode], ended_in: tuple[NotebookNode, str] | None
) -> str:
    """Why all checks that failed were unanswered, or "". before: the cells before the checks cell."""
    failed = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
    if not failed or not all(map(_is_unanswered, failed)):
        return ""
    if all(verdict.outcome is Outcome.CRASHED for verdict in failed):
        if ended_in is None or not any(cell is ended_in[0] for cell in before):
            return ""
        cell, reason = ended_in
        said = gettext("{cell}の実行中にプログラムが終わったので、検査できませんでした（{reason}）。")
        return said.format(cell=_label(cell, before), reason=reason)
    found = dict.fromkeys(name for verdict in failed for line in verdict.evidence for name in MISSING.findall(line))
    names = ", ".join(list(found)[:NAMED])
    for cell in before:
        error = next((output for output in cell.get("outputs", ()) if output.output_type == "error"), None)
        if error is not None and any(_would_define(cell.source, name) for name in found):
            said = gettext("{cell}がエラーで止まったので、{names} が定義されていません。{error}")
            return said.format(cell=_label(cell, before), names=names, error=_last_line(error))
    return ""


def _would_define(source: str, name: str) -> bool:
    return re.search(rf"\b{name}\b\s*=|\b(?:def|class|import)\s+{name}\b", source) is not None


def _label(cell: NotebookNode, cells: Sequence[NotebookNode]) -> str:
    """The cell as a student finds it."""
    place = sum(other.cell_type == "code" for other in cells[: next(i for i, c in enumerate(cells) if c is cell) + 1])
    name = grade_id(cell)
    label = gettext("上から {place} 番目のコードセル").format(place=place)
    return gettext("{label}（{name}）").format(label=label, name=name) if name else label


def _last_line(error: NotebookNode) -> str:
    """The error's name and message, after the line of the cell where it was raised; all of it is the student's text."""
    lines = LINE.findall(COLOURS.sub("", "\n".join(map(str, error.get("traceback", ()))))[:20_000])
    where = gettext("{line} 行目: ").format(line=lines[0]) if lines else ""
    text = " ".join(f"{error.get('ename', '')}: {error.get('evalue', '')}".split())
    return where + (text if len(text) <= MAX_ERROR else text[: MAX_ERROR - 1] + "…")
