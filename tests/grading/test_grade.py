"""Grading handles replies of any form from a student's process; here a forged process in this process sends them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import nbformat
import pytest
import torch
from nbformat import NotebookNode

from grader import wire
from grader.errors import StudentGone
from grader.grading.cell_outputs import MALFORMED, MAX_NODES, TOO_MUCH
from grader.grading.grade import MAX_SHOWN_BY_ALL, Request, grade
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from grader.student.proxy import Answer, Student

DISPLAY: dict[str, Any] = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
RESULT = {**DISPLAY, "output_type": "execute_result", "execution_count": 1}
STREAM = {"output_type": "stream", "name": "stdout", "text": "x"}


def update(display_id: Any, data: Any, metadata: Any = None) -> dict[str, Any]:
    return {"display_id": display_id, "data": data, "metadata": metadata or {}}


def shows(outputs: Any = (), displays: Any = None, updates: Any = (), count: Any = 1) -> dict[str, Any]:
    """The shell's reply after a cell with these outputs. displays: output index → display id."""
    shown = {"outputs": outputs, "displays": {} if displays is None else displays, "updates": updates}
    return shell_reply(json.dumps(shown).encode(), count)


def shell_reply(shown: Any, count: Any = 1) -> dict[str, Any]:
    """The shell's reply after a cell, with `shown` as its outputs."""
    return {"shown": shown, "ok": True, "count": count}


class ForgedProcess:
    """A `grader.student.channel.ProcessHandle` that sends one given reply for each request."""

    def __init__(self, replies: list[Any]) -> None:
        self._replies = iter(replies)

    def send(self, body: Mapping[str, Any], deadline: wire.Deadline) -> None: ...

    def receive(self, deadline: wire.Deadline) -> Any:
        return wire.decode(wire.encode(next(self._replies)))

    def cpu_seconds(self, begin: float) -> float:
        return 0.0

    def interrupt(self) -> None: ...

    def fork(self, deadline: float) -> Any:
        return self, 0

    def stop(self) -> str:
        return ""


def graded_cells(*replies: Any) -> list[NotebookNode]:
    """Grade a notebook with one cell for each reply; → its cells. Asserts a valid notebook within 10 s."""
    cells = [nbformat.v4.new_code_cell("x", id=f"cell-{number}") for number in range(len(replies))]
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()

    @contextmanager
    def start(*_: Any) -> Iterator[ForgedProcess]:
        yield ForgedProcess(list(replies))

    start_seconds = time.process_time()
    graded = grade(Request(notebook, notebook, {}), start).notebook
    assert time.process_time() - start_seconds < 10, "CPU seconds; the slowest bounded reply takes 2"
    nbformat.validate(graded)
    return list(graded.cells)


def text_of(cell: NotebookNode) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def nested(depth: int) -> Any:
    inner: Any = 1
    for _ in range(depth):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize(
    "reply",
    [
        [], "x", None, torch.ones(2), {}, {"shown": b"{}"},
        *(shell_reply(shown) for shown in (b"{}", b"[]", b"\xff", 5, [b"x"], {"outputs": []}, torch.ones(2))),
        {"raised": {"name": "ValueError", "message": "", "line": ""}},
        shows([DISPLAY], []), shows([DISPLAY], [0]), shows([DISPLAY], "0"), shows([DISPLAY], 5),
        shows({}), shows("x"), shows([[]]), shows([1]),
        shows(updates={}), shows(updates="x"), shows(updates=["x"]), shows(updates=[[]]),
        *(shows([DISPLAY], {index: "a"}) for index in ("-1", "1", "00", "٠", " 0", "0_0", "+0", "", "x")),
        *(shows([DISPLAY], {"0": name}) for name in (0, None, ["a"], nested(400))),
        shows([STREAM], {"0": "a"}),
        *(shows(updates=[update(name, {})]) for name in (0, None, [])),
        shows(updates=[update("a", {}), update("a", {})]), shows(updates=[{**update("a", {}), "more": 1}]),
        shows(updates=[{"display_id": "a", "data": {}}]),
        shows([DISPLAY], {"0": "a"}, [update("a", {}, nested(900))]), shows([{**DISPLAY, "metadata": nested(900)}]),
        *(shows(count=count) for count in (-1, -5, 2**31, 2**62, True, 1.0, "1", [])),
    ],
)  # fmt: skip
def test_a_reply_of_unknown_form_ends_the_cell_and_the_next_cell_runs(reply: Any) -> None:
    first, second = graded_cells(reply, shows([STREAM]))
    assert MALFORMED in text_of(first)
    assert text_of(second) == "x"


@pytest.mark.parametrize("count", [None, 0, 1, 2**31 - 1])
def test_valid_execution_counts_are_kept(count: int | None) -> None:
    (cell,) = graded_cells(shows([STREAM], count=count))
    assert (cell.execution_count, text_of(cell)) == (count, "x")


def test_an_update_reaches_all_earlier_displays_with_its_id() -> None:
    first, second, third = graded_cells(
        shows([STREAM, DISPLAY, RESULT], {"1": "a", "2": "b"}),
        shows([DISPLAY], {"0": "a"}, [update("a", {"text/plain": "new"}), update("unknown", {})]),
        shows(updates=[update("b", {"text/plain": ["no", {}]}), update("c", 3)]),
    )
    texts = [output.get("data", {}).get("text/plain") for output in [*first.outputs, *second.outputs]]
    assert texts == [None, "new", "x", "new"], "an update with invalid data is dropped"
    assert not third.outputs


def test_large_honest_outputs_are_kept() -> None:
    figure = {**DISPLAY, "data": {"image/png": "A" * 30_000, "text/plain": "<Figure>"}}
    printed = '[1, {"a": "\\\\"}],' * 300_000  # 5 MB; more brackets and commas than MAX_NODES, inside a string
    ids = {str(number): f"id{number}" for number in range(2000)}
    cells = graded_cells(
        shows([figure] * 50),
        shows([{**STREAM, "text": printed}]),
        shows([DISPLAY] * 2000, ids),
        shows([], {}, [update(name, {"text/plain": name}) for name in ids.values()]),
    )
    assert len(cells[0].outputs) == 50
    assert text_of(cells[1]) == printed
    assert [output.data["text/plain"] for output in cells[2].outputs] == list(ids.values())


# Outputs with a placeholder: the lines of a traceback, the MIME types of a display.
LINES = b'{"outputs":[{"output_type":"error","ename":"a","evalue":"b","traceback":[%s"a"]}],"updates":[],"displays":{}}'
MIME_TYPES = b'{"outputs":[{"output_type":"display_data","data":{%s},"metadata":{}}],"updates":[],"displays":{}}'


@pytest.mark.parametrize(
    "shown",
    [
        LINES % (b'"a",' * 15_000_000),
        LINES % (b'"",' * (MAX_NODES + 1)),
        LINES % (b"1," * (MAX_NODES + 1)),
        LINES % (rb'"\\",' * (MAX_NODES + 1)),
        LINES % (rb'"\"",' * (MAX_NODES + 1)),
        LINES % (b"[]," * 20_000_000),
        MIME_TYPES % b",".join(b'"%x":""' % kind for kind in range(4_000_000)),
        json.dumps({"outputs": [STREAM] * 10_001, "updates": [], "displays": {}}).encode(),
        json.dumps({"outputs": [], "updates": [update(str(n), {}) for n in range(10_001)], "displays": {}}).encode(),
    ],
    ids=["lines", "texts", "numbers", "backslashes", "quotes", "lists", "mime types", "outputs", "updates"],
)
def test_outputs_that_would_take_long_to_process_are_omitted(shown: bytes) -> None:
    first, second = graded_cells(shell_reply(shown), shows())
    assert text_of(first).strip() == TOO_MUCH
    assert not second.outputs


def test_an_invalid_output_is_rejected_quickly() -> None:
    """nbformat's explanation of the error would visit every value."""
    (cell,) = graded_cells(shows([{**DISPLAY, "data": {"text/plain": [{}] * 200_000}}]))
    assert MALFORMED in text_of(cell)


def test_the_outputs_of_all_cells_share_one_limit() -> None:
    part = [{**STREAM, "text": "x" * (MAX_SHOWN_BY_ALL // 3)}]
    cells = graded_cells(*[shows(part)] * 4)
    assert text_of(cells[3]).strip() == TOO_MUCH


def test_an_update_of_many_displays_stops_at_the_limit() -> None:
    ids = dict.fromkeys(map(str, range(9000)), "a")
    first, _ = graded_cells(shows([DISPLAY] * 9000, ids), shows([], {}, [update("a", {"text/plain": "y" * 1_000_000})]))
    assert sum(output.get("data", {}).get("text/plain", "") != "x" for output in first.outputs) < 70


X = torch.tensor([[1.0, 2.0]])


def answer(gradient: Any, inputs: Any = X, parameter_gradient: Any = None) -> Answer:
    """The answer to `f(X)`, from a forged reply with these tensors, of a module with one parameter Tensor[3]."""
    reply = {"value": X, "inputs": [inputs], "gradients": [gradient], "parameters": [torch.ones(3)]}
    process = ForgedProcess([{**reply, "parameter_gradients": [parameter_gradient]}])
    return Student(PipeChannel(process, Limits())).f(X).answer()


@pytest.mark.parametrize("inputs", [X, X.unsqueeze(1), X.long(), X[:, :0], X.to("meta")])
def test_a_gradient_must_fit_the_input_that_was_sent(inputs: torch.Tensor) -> None:
    assert answer(None, inputs).gradients == [None]
    (gradient,) = answer(2 * X, inputs, torch.zeros(3)).gradients
    assert gradient is not None
    assert torch.equal(gradient, 2 * X)
    with pytest.raises(StudentGone):
        answer(torch.zeros(1, 2, 1), inputs)


@pytest.mark.parametrize(
    "make", [lambda g: g[:0], lambda g: g[None], lambda g: g.sum(), lambda g: g.bool(), lambda g: g.to("meta"),
             lambda g: g.to(torch.complex64), lambda g: 0.0, lambda g: g.tolist(), lambda g: torch.empty(10**6, 0)],
)  # fmt: skip
def test_gradients_that_autograd_cannot_return_are_rejected(make: Any) -> None:
    with pytest.raises(StudentGone):
        answer(make(X))
    with pytest.raises(StudentGone):
        answer(X, parameter_gradient=make(torch.ones(3)))
