"""Graded notebooks as nbgrader gives them to the student's page, without running anything, and their pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.checking.figure import Figure
from grader.grading.report import checks_output, notes_cell
from grader.grading.verdict import Diagnosis, Explanation, Outcome, Verdict, score
from grader.nbgrader_plugin.page.render import page
from tests.helpers.course_fixture import PIXEL, bank_source

RELEASE = Path("release/loss_functions")
NOTHING: Mapping[str, Any] = {}
READ = "shift_invariance"
DIAGNOSIS = Diagnosis("no_max", "最大値を引かずに exp をとるので、大きなロジットであふれています。", READ)


def verdicts(*failed: Verdict) -> list[Verdict]:
    """Two checks that passed, and these."""
    titles = {"value": ("値が一致する。", 1.0), "dtype": ("精度のまま。", 0.5)}
    return [*failed, *(Verdict(check, *about, Outcome.PASSED) for check, about in titles.items())]


def wrong(**changes: Any) -> Verdict:
    """A check that failed on a small example."""
    fields = {
        "check": "large_logits",
        "title": "ロジットが大きくても正しい。",
        "points": 1.5,
        "outcome": Outcome.WRONG,
        "evidence": ("softmax([[0, 89]]) → [[0, nan]]", "正しくは [[0.25, 1]]", "差は最大 nan"),
        "numbers": ([[0.0, "nan"]], [[0.25, 1.0]]),
    }
    return Verdict(**(fields | changes))


def graded(
    name: str,
    checks: Mapping[str, list[Verdict]] = NOTHING,
    explanations: Mapping[str, Explanation] = NOTHING,
    scores: Mapping[str, float] = NOTHING,
    comments: Mapping[str, str] = NOTHING,
    texts: Mapping[str, str] = NOTHING,
    notes: tuple[str, ...] = (),
) -> NotebookNode:
    """A release with sources (texts), outputs of checks, scores and comments, by cell id.

    A person's marks are in `scores`; a cell that is neither there nor in `checks` waits for a person.
    """
    nb = nbformat.read(RELEASE / f"{name}.ipynb", as_version=4)
    for cell in nb.cells:
        cell.source = texts.get(cell.id, cell.source)
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade"):
            about["score"] = scores.get(cell.id)
        if about.get("solution"):
            about["comment"] = comments.get(cell.id)
            about["by_person"] = about["comment"] not in (None, "No response.")
        if cell.id in checks:
            points = score(checks[cell.id], about["points"])
            about["score"] = scores.get(cell.id, points)
            about["manual"] = cell.id in scores
            explanation = explanations.get(cell.id, Explanation())
            output = checks_output(checks[cell.id], points, about["points"], "", explanation)
            cell.outputs = [nbformat.from_dict(json.loads(json.dumps(output)))]  # as it is read from a file
    nb.cells = [notes_cell(notes), *nb.cells] if notes else nb.cells
    return nb


def page_of(nb: NotebookNode, late_penalty: float = 0, notebook: str = "losses") -> str:
    """The student's page."""
    cells = [cell.metadata.nbgrader for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    total = sum(cell["score"] or 0 for cell in cells) - late_penalty
    about = {
        "assignment": "loss_functions",
        "student": "tanaka",
        "first_name": "花子",
        "last_name": "田中",
        "total": total + 10,
        "total_max": 24,
        "total_waits": any(cell["score"] is None for cell in cells),
        "notebook": notebook,
        "score": total,
        "max_score": sum(cell["points"] for cell in cells),
        "late_penalty": late_penalty,
    }
    return page(nb, about, coloured=True)


def right_page() -> str:
    """Full marks."""
    texts = {cell: bank_source(cell, "functional") for cell in ("softmax", "cross_entropy")}
    checks = {"softmax_checks": verdicts(), "cross_entropy_checks": verdicts()}
    return page_of(graded("losses", checks, texts=texts))


def wrong_page() -> str:
    """A diagnosis in one task; an exception, a figure and a comment in the other; a late penalty, a note."""
    raised = wrong(outcome=Outcome.RAISED, evidence=("cross_entropy([[0, 0]], [0])", "IndexError: x"), numbers=None)
    figure = Figure(PIXEL, "再現率の棒グラフ", "クラスごとの再現率")
    infinite = wrong(title="勾配が正しい。", evidence=("f([1, 2]) → [inf, -3]",), numbers=(["inf", -3.0], [0.5, -2.0]))
    slow = wrong(figure=figure, outcome=Outcome.TOO_SLOW, numbers=None)
    nb = graded(
        "losses",
        {"softmax_checks": verdicts(wrong(), wrong(title="もう一つ。")),
         "cross_entropy_checks": verdicts(raised, infinite, slow)},
        {"softmax_checks": Explanation(diagnosis=DIAGNOSIS),
         "cross_entropy_checks": Explanation(cause="SyntaxError のため、コードが実行されていません。")},
        comments={"cross_entropy": "考え方は合っています。\n次は log の中を見てください。"},
        texts={"softmax": bank_source("softmax", "no_max_subtraction")},
        notes=("セル softmax が 2 つあったので、最初のものを採点しました。",),
    )  # fmt: skip
    return page_of(nb, late_penalty=1)


def ungraded_page() -> str:
    """An observation that waits for a person, and checks that are not decided."""
    undecided = wrong(outcome=Outcome.UNDECIDED, evidence=("時間内に答えが返りませんでした。",), numbers=None)
    texts = {"iris_observation": "**学習率**を上げると $p$ が速く動きます。\n\n| a | b |\n|---|---|\n| 1 | 2 |"}
    return page_of(graded("iris", {"iris_hookup_checks": verdicts(undecided)}, texts=texts))


def decided_page() -> str:
    """Points of a person in place of the checks'; reasons in Markdown: one is wide, one has headings."""
    formula = (
        r"$$\frac{\partial L}{\partial z_i} = p_i - y_i + \sum_{j=1}^{C} w_j \log p_j - \lambda \sum_{k} \theta_k^2$$"
    )
    address = f"[読む](https://course.example/{'a' * 80})"
    wide = f"**よい**考えです。\n次の行。\n\n{formula}\n\n```\n{'x = 1; ' * 30}\n```\n\n- {address}"
    checks = {"softmax_checks": verdicts(wrong()), "cross_entropy_checks": verdicts()}
    scores = {"softmax_checks": 2.5, "cross_entropy_checks": 3.0}
    reasons = {
        "softmax": wide,
        "cross_entropy": "# 大きな見出し\n\n文。\n\n### 小さな見出し\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    }
    return page_of(graded("losses", checks, scores=scores, comments=reasons))


def missing_page() -> str:
    """In place of a notebook that was not submitted."""
    nb = graded("losses", scores={"softmax_checks": 0.0})
    nb.metadata["grader"] = {"missing": "losses.ipynb がありません。提出されたのは iris.ipynb, losses (1).ipynb です"}
    return page_of(nb)
