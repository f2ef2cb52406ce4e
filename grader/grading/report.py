"""Verdicts as students and instructors see them: the output of a checks cell, and cells that the grader adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from html import escape

import nbformat
from jinja2 import Environment, PackageLoader, StrictUndefined
from nbformat import NotebookNode

from grader.grading.verdict import Explanation, Outcome, Verdict
from grader.submission.language import N_, gettext, ngettext

UNGRADED = N_("未採点")
UNREADABLE = "grader_unreadable"  # key in the metadata of a checks cell's output: why no answer was graded
CHECKS = "grader_checks"  # key in that metadata too: `_record` of each verdict, and what they share
NOTHING_EXPLAINED = Explanation()
NOTES = N_("採点プログラムから")
HANDED_IN = N_("# 提出時の出力（提出した人の環境で実行されたもの。採点には使いません）")
WORDS = {
    Outcome.PASSED: N_("○ 合格"),
    Outcome.WRONG: N_("× 答えが違います"),
    Outcome.RAISED: N_("× エラーになりました"),
    Outcome.NOT_IMPLEMENTED: N_("－ まだ書かれていません"),
    Outcome.TOO_SLOW: N_("× 時間切れです"),
    Outcome.UNDECIDED: N_("？ 時間切れかどうか決まりません（教員が確認します）"),
    Outcome.CRASHED: N_("× 途中で終わってしまいました"),
    Outcome.GRADER_ERROR: N_("？ 採点プログラムの不具合（教員が確認します）"),
}


def points(number: float) -> str:
    """2.0 → 2, 2.25 → 2.25."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


_environment = Environment(
    loader=PackageLoader("grader.grading"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_environment.filters["points"] = points
_environment.add_extension("jinja2.ext.i18n")
_environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]


def checks_output(
    verdicts: list[Verdict],
    score: float | None,
    maximum: float,
    unreadable: str = "",
    explanation: Explanation = NOTHING_EXPLAINED,
) -> NotebookNode:
    """The output of a checks cell: a number for nbgrader, a table for people, and all of it in the metadata, for pages.

    score: None where a person has to look. Then there is no number and no `execute_result`, so nothing that nbgrader
    could take for points. maximum: points of the cell. unreadable: why no answer was graded, or "".
    """
    if explanation.diagnosis:
        diagnosis = replace(explanation.diagnosis, text=gettext(explanation.diagnosis.text))
        explanation = replace(explanation, diagnosis=diagnosis)
    total = sum(v.points for v in verdicts)
    scale = maximum / total if total else 0.0
    table = _environment.get_template("checks.html.j2")
    html = table.render(
        verdicts=verdicts,
        score=score,
        maximum=maximum,
        words={outcome: gettext(word) for outcome, word in WORDS.items()},
        unreadable=unreadable,
        scale=scale,
        explanation=explanation,
        figures=[verdict.figure for verdict in verdicts if verdict.figure],
    )
    kind = "display_data" if score is None else "execute_result"
    plain = gettext(UNGRADED) if score is None else repr(float(score))
    metadata: dict[str, object] = {UNREADABLE: unreadable} if unreadable else {}
    metadata[CHECKS] = {
        "score": score,
        "maximum": maximum,
        "unreadable": unreadable,
        "cause": explanation.cause,
        "diagnosis": explanation.diagnosis and asdict(explanation.diagnosis),
        "checks": [_record(verdict, scale) for verdict in verdicts],
    }
    output: NotebookNode = nbformat.v4.new_output(kind, {"text/html": html, "text/plain": plain}, metadata=metadata)
    return output


def _record(verdict: Verdict, scale: float) -> dict[str, object]:
    """A verdict as plain values."""
    return {
        "check": verdict.check,
        "title": verdict.title,
        "points": verdict.points * scale,
        "outcome": verdict.outcome.value,
        "evidence": list(verdict.evidence),
        "numbers": verdict.numbers and list(verdict.numbers),
        "figure": verdict.figure and asdict(verdict.figure),
    }


def notes_cell(notes: Sequence[str]) -> NotebookNode:
    """The first cell of a graded notebook: what was repaired, or why nothing could be graded."""
    lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
    cell: NotebookNode = nbformat.v4.new_markdown_cell(f"<div><b>{escape(gettext(NOTES))}</b><ul>{lines}</ul></div>")
    cell.id = "grader-notes"
    return cell


def handed_in_cell(observation: str, outputs: list[NotebookNode]) -> NotebookNode:
    """A cell before an observation with the outputs of the student's own long run, as submitted."""
    cell: NotebookNode = nbformat.v4.new_code_cell(gettext(HANDED_IN), outputs=outputs)
    cell.id = f"handed-in-{observation}"[:64]
    return cell
