"""A notebook graded in English says nothing in Japanese but what is the student's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import nbformat
import pytest
from nbformat import NotebookNode

from grader.grading.grade import Request, Result, grade
from grader.grading.verdict import Outcome
from grader.sandbox.isolation.bounds import Bounds
from grader.student.limits import Limits
from grader.submission.language import gettext, speaking
from tests.helpers.loss_functions import checks_for
from tests.helpers.messages import JAPANESE
from tests.helpers.shared_zygote import fork_server

CELL = "softmax_checks"
LIMITS = Limits(cell_seconds=2, answer_seconds=2, check_seconds=2, patience=100, bounds=Bounds(output_bytes=10_000))
WRONG = "import torch\ndef softmax(logits):\n    return torch.softmax(logits, 0)"
Grade = Callable[..., Result]


def cell(kind: str, name: str, source: str, **nbgrader: object) -> NotebookNode:
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    made.id = name
    if nbgrader:
        flags = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "cell_type": kind}
        made.metadata["nbgrader"] = {**flags, "grade_id": name, **nbgrader}
    return made


def notebook(answer: str, *others: str) -> bytes:
    """A small notebook in English. others: sources of cells below the answer."""
    cells = [
        cell("code", "softmax", answer, solution=True),
        *(cell("code", f"other-{number}", source) for number, source in enumerate(others)),
        cell("code", CELL, "# checks", grade=True, locked=True, points=3),
        cell("markdown", "observation", "Write here.", grade=True, solution=True, points=2),
    ]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()


RELEASE = notebook("def softmax(logits):\n    raise NotImplementedError")


@pytest.fixture(scope="module")
def graded() -> Iterator[Grade]:
    """Grades a submission for the small notebook, in a language."""
    server = fork_server(LIMITS.bounds)

    def grade_one(submitted: bytes | str, language: str = "en") -> Result:
        others = ("copy of losses.ipynb",)
        modules = {CELL: checks_for(CELL)}
        return grade(
            Request(submitted, RELEASE, modules, limits=LIMITS, others=others, language=language), server.start
        )

    yield grade_one
    server.close()


def said(result: Result) -> str:
    """All of a result as text, with the words of a student's own left out."""
    words = json.dumps(result.notebook, ensure_ascii=False), repr(result.verdicts), repr(result.notes)
    return "\n".join(words).replace("私の", "")


@pytest.mark.parametrize(
    ("answer", "outcome", "told"),
    [
        (WRONG, Outcome.WRONG, "should be [["),
        ("def softmax(logits):\n    return logits.exp()[0]", Outcome.WRONG, "shape ["),
        ("def softmax(logits):\n    return '私の'", Outcome.WRONG, "softmax("),
        ("def softmax(logits):\n    raise ValueError('私の')", Outcome.RAISED, "the line: raise ValueError"),
        ("import os\ndef softmax(logits):\n    os._exit(1)", Outcome.CRASHED, "The program ended early"),
        ("def softmax(logits):\n    while True: pass", Outcome.TOO_SLOW, "No answer came back in time."),
        (
            "def softmax(logits):\n    raise NotImplementedError",
            Outcome.NOT_IMPLEMENTED,
            "This is about the body of the function softmax.",
        ),
        (
            "import torch\nseen = []\ndef softmax(logits):\n    seen.append(1)\n"
            "    return torch.softmax(logits, 1) + (len(seen) == 3)",
            Outcome.WRONG,
            "The answer changes from call to call",
        ),
        (
            "import torch\ndef softmax(logits):\n    result = torch.softmax(logits, 1)\n    logits.data.zero_()\n"
            "    return result",
            Outcome.PASSED,
            "the input has been changed in place",
        ),
    ],
    ids=lambda value: str(value)[-20:],
)
def test_verdicts_in_english(graded: Grade, answer: str, outcome: Outcome, told: str) -> None:
    result = graded(notebook(answer))
    assert result.verdicts[CELL][0].outcome is outcome
    assert told in said(result)
    assert result.verdicts[CELL][0].title == "The probabilities are the softmax of each row"
    assert "Files that were submitted but not graded" in said(result)
    assert not JAPANESE.findall(said(result))


def test_outputs_in_english(graded: Grade) -> None:
    endless = "print('x' * 20_000)"
    slow = "while True: pass"
    unknown = "from IPython.display import display\ndisplay({'application/x': '1'}, raw=True)"
    text = said(graded(notebook(WRONG, endless, slow, unknown, "import os; os._exit(1)", "1")))
    assert "so it was cut off here" in text
    assert "did not finish within 2 seconds" in text
    assert "(cannot be shown here: application/x)" in text
    assert "The program ended while this cell was running (the process exited)." in text
    assert not JAPANESE.findall(text)


def test_repairs_in_english(graded: Grade) -> None:
    submitted = json.loads(notebook(WRONG))
    softmax, checks, observation = submitted["cells"]
    checks["source"] = "1"
    beside = {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "私の observation"}
    submitted["cells"] = [checks, {**softmax, "cell_type": "raw"}, observation, beside]
    text = said(graded(json.dumps(submitted).encode()))
    assert "Cells that had been edited and were put back as handed out: softmax_checks" in text
    assert "Nothing is written in this cell" in text
    assert not JAPANESE.findall(text)


@pytest.mark.parametrize("submitted", [b"", b"{", b"{}", b'{"cells": [' + b"{}," * 3000 + b"{}]}"])
def test_an_unreadable_notebook_in_english(graded: Grade, submitted: bytes) -> None:
    result = graded(submitted)
    assert result.scores == {CELL: 0.0}
    assert not JAPANESE.findall(said(result))


def test_the_language_is_that_of_the_request_only(graded: Grade) -> None:
    in_japanese = graded(notebook(WRONG), "ja")
    assert "正しくは [[" in str(in_japanese.verdicts)
    assert "提出されたが、採点していないファイル" in str(in_japanese.notes)
    stated = json.loads(notebook(WRONG))
    stated["metadata"]["grader"] = {"language": "en"}
    assert graded(json.dumps(stated).encode(), "ja").verdicts == in_japanese.verdicts
    with speaking("en"):
        assert graded(notebook(WRONG), "ja").verdicts == in_japanese.verdicts
        assert gettext("未採点") == "ungraded"
