"""Verdicts as students and instructors see them: the output of a checks cell, the table of a class, `grades.csv`."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

import nbformat
from jinja2 import Environment, PackageLoader, StrictUndefined
from nbformat import NotebookNode

from grader.grading.verdict import Outcome, Verdict

UNGRADED = "未採点"
UNREADABLE = (
    "loss_functions_unreadable"  # in a checks cell's output's metadata: why nothing of the student's was graded
)
NOTES = "採点プログラムから"
HANDED_IN = "# 提出時の出力（提出した人の環境で実行されたもの。採点には使いません）"
WORDS = {
    Outcome.PASSED: "○ 合格",
    Outcome.WRONG: "× 答えが違います",
    Outcome.RAISED: "× エラーになりました",
    Outcome.NOT_IMPLEMENTED: "－ まだ書かれていません",
    Outcome.TOO_SLOW: "× 時間切れです",
    Outcome.CRASHED: "× 途中で終わってしまいました",
    Outcome.GRADER_ERROR: "？ 採点プログラムの不具合（教員が確認します）",
}


def points(number: float) -> str:
    """2.0 → 2, 2.25 → 2.25."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def recall_figure(recall: Mapping[str, Any]) -> str:
    """A PNG in base64: recall by class (0 to 1), the unweighted control beside the run with the student's weights.

    recall: `classes` (names), `unweighted` and `weighted` (a number for each class).
    """
    return _drawn(tuple(recall["classes"]), tuple(recall["unweighted"]), tuple(recall["weighted"]))


@lru_cache(maxsize=100)  # all right weights lead to the same, and drawing takes as long as judging a notebook
def _drawn(classes: tuple[str, ...], unweighted: tuple[float, ...], weighted: tuple[float, ...]) -> str:
    from matplotlib.figure import Figure  # takes 0.4 s, and most who need a report draw nothing

    figure = Figure(figsize=(7, 2.6))
    axes = figure.subplots()
    looks = ("no weights", unweighted, "////", "white"), ("your weights", weighted, "", "tab:blue")
    for offset, (label, recall, hatch, colour) in enumerate(looks):
        places = [c + 0.4 * offset - 0.2 for c in range(len(classes))]
        axes.bar(places, recall, 0.4, label=label, color=colour, edgecolor="black", hatch=hatch, linewidth=0.7)
    axes.set_xticks(range(len(classes)), classes, fontsize=7)
    axes.set(ylabel="recall", ylim=(0, 1), xlabel="class (from the most to the least common)")
    axes.legend(fontsize=8)
    image = io.BytesIO()
    figure.savefig(image, format="png", bbox_inches="tight", dpi=80)
    return base64.b64encode(image.getvalue()).decode()


_environment = Environment(
    loader=PackageLoader("grader.grading"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_environment.filters.update(points=points, recall_figure=recall_figure)


def checks_output(verdicts: list[Verdict], score: float | None, maximum: float, unreadable: str = "") -> NotebookNode:
    """The output of a checks cell: a number for nbgrader, a table for people.

    Without a score there is no number and no `execute_result`: nothing that could be taken for one.
    """
    total = sum(v.points for v in verdicts)
    scale = maximum / total if total else 0.0
    table = _environment.get_template("checks.html.j2")
    html = table.render(
        verdicts=verdicts, score=score, maximum=maximum, words=WORDS, unreadable=unreadable, scale=scale
    )
    kind = "display_data" if score is None else "execute_result"
    plain = UNGRADED if score is None else repr(float(score))
    metadata = {UNREADABLE: unreadable} if unreadable else {}
    output: NotebookNode = nbformat.v4.new_output(kind, {"text/html": html, "text/plain": plain}, metadata=metadata)
    return output


def notes_cell(notes: Sequence[str]) -> NotebookNode:
    """A cell before all others: what was repaired, or why nothing could be graded."""
    lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
    cell: NotebookNode = nbformat.v4.new_markdown_cell(f"<div><b>{NOTES}</b><ul>{lines}</ul></div>")
    cell.id = "grader-notes"
    return cell


def handed_in_cell(observation: str, outputs: list[NotebookNode]) -> NotebookNode:
    """A cell that shows, beside an observation, what its author saw: their own long run, not the grader's short one."""
    cell: NotebookNode = nbformat.v4.new_code_cell(HANDED_IN, outputs=outputs)
    cell.id = f"handed-in-{observation}"[:64]
    return cell
