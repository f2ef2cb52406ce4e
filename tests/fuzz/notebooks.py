"""Fuzz grading with mutated notebook files: cells, metadata, outputs, attachments, nbformat versions and bytes.

None of them contains a right answer, so none may get full marks. None may raise an exception or give an invalid
notebook.
"""

from __future__ import annotations

import copy
import json
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
import torch
from rich.console import Console

from grader.cli.grade_class import grade_class
from grader.grading.grade import Result
from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.runtime.questions import Question, Value
from tests.helpers.course_fixture import ASSIGNMENT, NOTEBOOKS, POINTS, bank_source, make_course
from tests.helpers.forged import graded

RELEASES = {name: (PROJECT / "release" / ASSIGNMENT / f"{name}.ipynb").read_bytes() for name in NOTEBOOKS}
WRONG_ANSWERS = {
    "softmax": "no_max_subtraction",
    "cross_entropy": "sum_instead_of_mean",
    "iris_hookup": "double_softmax",
}
EVERY_NTH_IN_CLASS = 20  # notebooks that are graded a second time, as a class, by nbgrader with sandboxed processes
TEXTS = [
    "", "x", "1 / 0", "raise SystemExit", "import os\nos._exit(0)", "print('x' * 10**6)", "exit()", "softmax = None",
    "%%html\n<script>1</script>", "get_ipython().kernel", "\0", "\ud800", "a\n" * 3000, "日本語é", "<div>" * 500,
    "from IPython.display import *\ndisplay(HTML('<script>1</script>'))", "display({'text/plain': {'a': 1}}, raw=True)",
    "def softmax(logits):\n    return logits", "<script>alert(1)</script>", "[x](javascript:alert(1))", "\\\\[" * 2000,
    "$$\\href{javascript:1}{x}$$", "![](attachment:none)", "```mermaid\n<script>\n```", "# softmax_checks",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 3.5, 10**30, float("nan"), "", "code", "markdown", "raw", "heading", "softmax_checks", [],
    {}, [[]], {"a": {"b": []}}, "x" * 5000, ["a", "b"], "\ud800", "softmax", 4, 5, "4", {"tags": ["skip-execution"]},
]  # fmt: skip
OUTPUTS: list[Any] = [
    {"output_type": "execute_result", "data": {"text/plain": "100"}, "metadata": {}, "execution_count": 1},
    {"output_type": "display_data", "data": {"text/plain": {"a": 1}}, "metadata": {}},
    {"output_type": "display_data", "data": {"text/html": "<img src=x onerror=alert(1)>"}, "metadata": {}},
    {"output_type": "display_data", "data": {"image/png": "not base64", "x/y": [1]}, "metadata": {"image/png": 3}},
    {"output_type": "stream", "name": "stdout", "text": ["a", "b"]}, {"output_type": "stream"}, None, "x", {},
    {"output_type": "error", "ename": "E", "evalue": "e", "traceback": "no list"}, {"output_type": "pyout"},
    {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}, "metadata": {}},
]  # fmt: skip


def mutated(rng: random.Random) -> tuple[str, bytes]:
    """Return the name of one of the assignment's notebooks, and a mutated submission of it."""
    name = rng.choice(sorted(RELEASES))
    notebook = json.loads(RELEASES[name])
    if rng.random() < 0.5:
        for cell in notebook["cells"]:
            if cell["id"] in WRONG_ANSWERS:
                cell["source"] = bank_source(cell["id"], WRONG_ANSWERS[cell["id"]])
    for _ in range(rng.choice([0, 1, 1, 2, 4, 10])):
        rng.choice([_mutate_cells, _mutate_metadata, _mutate_content, _mutate_any_value])(notebook, rng)
    return name, _to_file(notebook, rng)


def _mutate_cells(notebook: Any, rng: random.Random) -> None:
    """Remove, duplicate, swap or add cells, or change their type."""
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not cells:
        return
    place, other = rng.randrange(len(cells)), rng.randrange(len(cells))
    match rng.randrange(6):
        case 0:
            del cells[place : place + rng.choice([1, 1, 5])]
        case 1:
            cells.insert(other, json.loads(json.dumps(cells[place])))
        case 2:
            cells[place], cells[other] = cells[other], cells[place]
        case 3:
            kind = rng.choice(["code", "markdown", "raw", "heading", "x"])
            cells.insert(place, {"cell_type": kind, "source": rng.choice(TEXTS), "metadata": {}, "outputs": []})
        case 4:
            cells[place] = rng.choice([None, 3, "cell", [], {}, {**_dict(cells[place]), "cell_type": "markdown"}])
        case 5:
            cells.extend([{"cell_type": "code", "source": "1", "metadata": {}}] * rng.choice([10, 100, 3000]))


def _mutate_metadata(notebook: Any, rng: random.Random) -> None:
    """Remove or replace metadata of a cell or the notebook: ids, names, points, schema version, tags."""
    cell = _random_cell(notebook, rng)
    metadata = _dict(cell.get("metadata"))
    nbgrader = _dict(metadata.get("nbgrader"))
    match rng.randrange(6):
        case 0:
            cell.pop("metadata", None)
        case 1:
            cell["id"] = _choose_copy(rng, [*VALUES, "a" * 65, "../x"])
        case 2:
            key = rng.choice(
                ["grade_id", "points", "solution", "grade", "locked", "schema_version", "checksum", "task"]
            )
            cell["metadata"] = {**metadata, "nbgrader": {**nbgrader, key: _choose_copy(rng, VALUES)}}
        case 3:
            names = [
                _dict(_dict(_dict(c).get("metadata")).get("nbgrader")).get("grade_id")
                for c in _list(notebook.get("cells"))
            ]
            cell["metadata"] = {**metadata, "nbgrader": {**nbgrader, "grade_id": rng.choice([*names, "other"])}}
        case 4:
            cell["metadata"] = {
                **metadata,
                rng.choice(["tags", "collapsed", "nbgrader", "deletable"]): _choose_copy(rng, VALUES),
            }
        case 5:
            notebook["metadata"] = rng.choice(
                [{}, None, {"kernelspec": {"language": "R", "name": "ir"}}, {"x": VALUES}]
            )


def _mutate_content(notebook: Any, rng: random.Random) -> None:
    """Replace the source, outputs or attachments of a cell."""
    cell = _random_cell(notebook, rng)
    match rng.randrange(3):
        case 0:
            cell["source"] = rng.choice([*TEXTS, list(rng.choice(TEXTS)), [1, None], 7])
        case 1:
            cell["outputs"] = _choose_copy(rng, [[rng.choice(OUTPUTS)] * rng.choice([1, 3, 100]), *VALUES])
        case 2:
            attachment = {rng.choice(["a.png", "<b>", ""]): _choose_copy(rng, [{"image/png": "iVBORw0KGgo="}, *VALUES])}
            cell["attachments"] = _choose_copy(rng, [attachment, *VALUES])


def _mutate_any_value(notebook: Any, rng: random.Random) -> None:
    """Delete or replace a value anywhere in the notebook."""
    holder, key = notebook, rng.choice(sorted(notebook))
    for _ in range(rng.randrange(6)):
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or not inner:
            break
        holder, key = inner, rng.choice(sorted(inner)) if isinstance(inner, dict) else rng.randrange(len(inner))
    if rng.random() < 0.3:
        del holder[key]
    else:
        holder[key] = _choose_copy(rng, VALUES)


def _random_cell(notebook: Any, rng: random.Random) -> dict[str, Any]:
    return _dict(rng.choice(_list(notebook.get("cells")) or [None]))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _choose_copy(rng: random.Random, values: list[Any]) -> Any:
    """Return a copy, because the value may be mutated later."""
    return copy.deepcopy(rng.choice(values))


def _to_file(notebook: Any, rng: random.Random) -> bytes:
    """Encode as a file: sometimes in an old nbformat or another encoding, or with bytes changed, cut or duplicated."""
    if rng.random() < 0.1:
        try:
            notebook = nbformat.convert(nbformat.from_dict(notebook), 3)
        except Exception:  # not every mutated notebook can be converted
            notebook["nbformat"] = rng.choice(VALUES)
    encoding = rng.choice(["utf-8"] * 20 + ["utf-8-sig", "utf-16", "utf-32", "latin-1", "cp932"])
    data = bytearray(json.dumps(notebook, ensure_ascii=rng.random() < 0.5).encode(encoding, "replace"))
    for _ in range(rng.choice([0] * 8 + [1, 3, 30])):
        place = rng.randrange(len(data) or 1)
        match rng.randrange(4):
            case 0:
                data[place : place + 1] = rng.randbytes(1)
            case 1:
                del data[place:]
            case 2:
                del data[place : place + rng.randrange(200)]
            case 3:
                data[place:place] = data[: rng.randrange(300)]
    return bytes(data)


def check(name: str, submitted: bytes, rng: random.Random) -> Result:
    """Grade a file with a forged process that answers at random. Raises AssertionError if a requirement is violated."""
    release = nbformat.reads(RELEASES[name].decode(), as_version=4)
    checks = {c.id: c for c in release.cells if c.metadata.get("nbgrader", {}).get("grade") and c.cell_type == "code"}

    def answer(question: Question) -> Any:
        values = [node.value for node in question.nodes if isinstance(node, Value)]
        given = [value for value in values if isinstance(value, torch.Tensor)]
        value = rng.choice([torch.ones(3, 2), torch.tensor(0.0), torch.tensor(float("nan")), None, "x", *given])
        reply = {"value": value, "inputs": given, "gradients": given, "parameters": [], "parameter_gradients": []}
        return rng.choice([reply, reply, {"raised": {"name": "E", "message": "\ud800<b>", "line": ""}}])

    result = graded(submitted, RELEASES[name], checks, lambda source: rng.choices(OUTPUTS[:3], k=2), answer)
    nbformat.validate(result.notebook)
    nbformat.writes(result.notebook).encode()
    found = {cell.id: cell for cell in result.notebook.cells}
    assert len(found) == len(result.notebook.cells)
    for cell in checks.values():
        assert (found[cell.id].source, found[cell.id].metadata) == (cell.source, cell.metadata)
    assert_no_full_marks(result.scores)
    return result


def assert_no_full_marks(scores: Mapping[str, float | None]) -> None:
    """Raise AssertionError if a checks cell has full marks, or a score outside its range. scores: by cell."""
    full = {cell: score for cell, score in scores.items() if not (score is None or 0 <= score < POINTS[cell])}
    assert not full, f"full marks: {full}"


def run(count: int, seed: int = 0, report: Callable[[str], None] = print) -> int:
    """Check notebooks of the seeds from `seed` on; return the number of failures, each reported with its seed."""
    failures, slowest, unreadable = 0, (0.0, 0), 0
    submissions: dict[str, tuple[str, bytes]] = {}
    for number in range(seed, seed + count):
        name, submitted = mutated(random.Random(number))
        begin = time.perf_counter()
        try:
            unreadable += not check(name, submitted, random.Random(number)).notebook.cells[0].id.startswith("title")
        except Exception as error:
            failures += 1
            report(f"{number}: {type(error).__name__}: {str(error)[:300]}")
        slowest = max(slowest, (time.perf_counter() - begin, number))
        if number % EVERY_NTH_IN_CLASS == 0:
            submissions[f"student{number}"] = (name, submitted)
    report(f"{count} notebooks, {failures} failures, {unreadable} repaired or unreadable; slowest {slowest[0]:.2f} s")
    return failures + _grade_as_class(submissions, report)


def _grade_as_class(submissions: dict[str, tuple[str, bytes]], report: Callable[[str], None]) -> int:
    """Grade with nbgrader and sandboxed processes; return the number of failures.

    A failure is a student with full marks, without a row in the table, without feedback or reason, or not graded.
    """
    with tempfile.TemporaryDirectory() as folder:
        course = make_course(Path(folder) / "course")
        for student, (name, submitted) in submissions.items():
            path = course.folder("submitted", student)
            path.mkdir(parents=True)
            (path / f"{name}.ipynb").write_bytes(submitted)
        log = StringIO()
        rows = grade_class(course, Console(file=log, width=200))
        full = [row.student for row in rows if any(row.scores[cell] == points for cell, points in POINTS.items())]
        feedback = {path.parents[1].name for path in (course.root / "feedback").glob("*/*/*.html")}
    without = [s for s in submissions if s not in feedback and f"{s}: not graded" not in log.getvalue()]
    lost = sorted(set(submissions) - {row.student for row in rows})
    reasons = [line for line in log.getvalue().splitlines() if ": not graded" in line]
    figures = f"{len(full)} full marks, {len(lost)} lost, {len(without)} without feedback or reason"
    report(f"a class of {len(submissions)}: {figures}")
    for line in [*reasons, *full, *lost, *without]:
        report(f"  {line}")
    return len(full) + len(lost) + len(without) + len(reasons)
