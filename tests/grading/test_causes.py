"""Where the code of a task never ran, its cause is told once, with the cell that stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from grader.grading.grade import Request, grade
from grader.grading.recordings import Memory
from grader.grading.report import CHECKS
from grader.grading.verdict import Outcome
from grader.sandbox.processes.client import ForkServer
from grader.submission.match import grade_id
from tests.helpers.loss_functions import checks_for
from tests.helpers.shared_zygote import fork_server

RELEASE = Path("release/loss_functions/losses.ipynb").read_bytes()
SOFTMAX = "def softmax(logits):\n    return torch.softmax(logits, dim=1)\n"
CAUSES = {
    "syntax": (f"{SOFTMAX}\nx = = 1", "SyntaxError: invalid syntax"),
    "full width": (SOFTMAX.replace("(logits):", "（logits）:"), "SyntaxError: invalid character"),
    "ideographic space": (
        SOFTMAX.replace("    return", "\u3000return"),
        "SyntaxError: invalid non-printable character",
    ),
    "package": (f"import no_such_package\n{SOFTMAX}", "1 行目: ModuleNotFoundError: No module named 'no_such_package'"),
    "input": (f"n = input()\n{SOFTMAX}", "1 行目: "),
    "exit": (f"import os\nos._exit(3)\n{SOFTMAX}", "の実行中にプログラムが終わったので"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = fork_server()
    yield server
    server.close()


@pytest.mark.parametrize("kind", CAUSES)
def test_it_is_told_once_with_its_cell(server: ForkServer, kind: str) -> None:
    source, cause = CAUSES[kind]
    notebook = nbformat.reads(RELEASE.decode(), as_version=4)
    next(cell for cell in notebook.cells if grade_id(cell) == "softmax").source = source
    request = Request(nbformat.writes(notebook).encode(), RELEASE, {"softmax_checks": checks_for("softmax_checks")})
    result = grade(request, server.start, Memory())
    assert {verdict.outcome for verdict in result.verdicts["softmax_checks"]} <= {Outcome.RAISED, Outcome.CRASHED}
    assert not any(verdict.evidence for verdict in result.verdicts["softmax_checks"])
    assert result.scores == {"softmax_checks": 0.0}
    told = result.explanations["softmax_checks"].cause
    assert "（softmax）" in told
    assert cause in told
    (output,) = next(cell.outputs for cell in result.notebook.cells if grade_id(cell) == "softmax_checks")
    assert output.metadata[CHECKS]["cause"] == told
    assert output.data["text/html"].count("SyntaxError") == cause.startswith("SyntaxError")


def test_another_name_is_not_explained_by_a_cell_that_would_not_define_it(server: ForkServer) -> None:
    notebook = nbformat.reads(RELEASE.decode(), as_version=4)
    next(cell for cell in notebook.cells if grade_id(cell) == "softmax").source = "1 / 0"
    request = Request(nbformat.writes(notebook).encode(), RELEASE, {"softmax_checks": checks_for("softmax_checks")})
    result = grade(request, server.start, Memory())
    assert result.explanations["softmax_checks"].cause == ""
    assert all(verdict.evidence for verdict in result.verdicts["softmax_checks"])
