"""One notebook's cells, and what their process may say of them: in this process, so that it can be forged."""

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
from grader.grading.cell_outputs import MAX_NODES, TOO_MUCH
from grader.grading.grade import MAX_SHOWN_BY_ALL, Request, grade
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from grader.student.proxy import Answer, Student

GONE = "outputs in no known form"
DISPLAY: dict[str, Any] = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
RESULT = {**DISPLAY, "output_type": "execute_result", "execution_count": 1}
STREAM = {"output_type": "stream", "name": "stdout", "text": "x"}


def update(display_id: Any, data: Any, metadata: Any = None) -> dict[str, Any]:
    return {"display_id": display_id, "data": data, "metadata": metadata or {}}


def shows(outputs: Any = (), displays: Any = None, updates: Any = (), count: Any = 1) -> dict[str, Any]:
    """The shell's reply."""
    return told(
        json.dumps({"outputs": outputs, "displays": {} if displays is None else displays, "updates": updates}).encode(),
        count,
    )


def told(shown: Any, count: Any = 1) -> dict[str, Any]:
    return {"shown": shown, "ok": True, "count": count}


class Forged:
    """See `grader.student.channel.ProcessHandle`: one reply for each cell."""

    def __init__(self, replies: list[Any]) -> None:
        self._replies = iter(replies)

    def send(self, body: Mapping[str, Any], deadline: float) -> None: ...

    def receive(self, deadline: float) -> Any:
        return wire.decode(wire.encode(next(self._replies)))

    def interrupt(self) -> None: ...

    def kill(self) -> str:
        return ""


def cells_of(*replies: Any) -> list[NotebookNode]:
    """The cells of a graded notebook, for each reply one. It is valid, and takes no more than a second or two."""
    cells = [nbformat.v4.new_code_cell("x", id=f"cell-{number}") for number in range(len(replies))]
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()

    @contextmanager
    def start(*_: Any) -> Iterator[Forged]:
        yield Forged(list(replies))

    before = time.process_time()
    graded = grade(Request(notebook, notebook, {}), start).notebook
    assert time.process_time() - before < 10, "seconds; what is bounded takes 2"
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
        [], "x", None, torch.ones(2), {}, {"shown": b"{}"}, told(b"{}"), told(b"[]"), told(b"\xff"), told(5),
        told([b"x"]), told({"outputs": []}), told(torch.ones(2)),
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
def test_a_reply_in_no_known_form_is_the_students_failure(reply: Any) -> None:
    first, second = cells_of(reply, shows([STREAM]))
    assert GONE in text_of(first)
    assert text_of(second) == "x"


@pytest.mark.parametrize("count", [None, 0, 1, 2**31 - 1])
def test_counts(count: int | None) -> None:
    (cell,) = cells_of(shows([STREAM], count=count))
    assert (cell.execution_count, text_of(cell)) == (count, "x")


def test_updates_reach_every_display_of_their_id_so_far() -> None:
    first, second, third = cells_of(
        shows([STREAM, DISPLAY, RESULT], {"1": "a", "2": "b"}),
        shows([DISPLAY], {"0": "a"}, [update("a", {"text/plain": "new"}), update("nobody", {})]),
        shows(updates=[update("b", {"text/plain": ["no", {}]}), update("c", 3)]),
    )
    texts = [output.get("data", {}).get("text/plain") for output in [*first.outputs, *second.outputs]]
    assert texts == [None, "new", "x", "new"], "and one that no notebook may hold reaches none"
    assert not third.outputs


def test_what_honest_cells_show_stays() -> None:
    figure = {**DISPLAY, "data": {"image/png": "A" * 30_000, "text/plain": "<Figure>"}}
    printed = '[1, {"a": "\\\\"}],' * 500_000  # 8 MB; more brackets and commas than there may be values
    ids = {str(number): f"id{number}" for number in range(2000)}
    cells = cells_of(
        shows([figure] * 50),
        shows([{**STREAM, "text": printed}]),
        shows([DISPLAY] * 2000, ids),
        shows([], {}, [update(name, {"text/plain": name}) for name in ids.values()]),
    )
    assert len(cells[0].outputs) == 50
    assert text_of(cells[1]) == printed
    assert [output.data["text/plain"] for output in cells[2].outputs] == list(ids.values())


LINES = b'{"outputs":[{"output_type":"error","ename":"a","evalue":"b","traceback":[%s"a"]}],"updates":[],"displays":{}}'
KINDS = b'{"outputs":[{"output_type":"display_data","data":{%s},"metadata":{}}],"updates":[],"displays":{}}'


@pytest.mark.parametrize(
    "shown",
    [
        LINES % (b'"a",' * 15_000_000),
        LINES % (b'"",' * (MAX_NODES + 1)),
        LINES % (b"1," * (MAX_NODES + 1)),
        LINES % (rb'"\\",' * (MAX_NODES + 1)),
        LINES % (rb'"\"",' * (MAX_NODES + 1)),
        LINES % (b"[]," * 20_000_000),
        KINDS % b",".join(b'"%x":""' % kind for kind in range(4_000_000)),
        json.dumps({"outputs": [STREAM] * 10_001, "updates": [], "displays": {}}).encode(),
        json.dumps({"outputs": [], "updates": [update(str(n), {}) for n in range(10_001)], "displays": {}}).encode(),
    ],
    ids=["lines", "texts", "numbers", "backslashes", "quotes", "lists", "kinds", "outputs", "updates"],
)
def test_what_would_take_long_is_left_out(shown: bytes) -> None:
    first, second = cells_of(told(shown), shows())
    assert text_of(first).strip() == TOO_MUCH
    assert not second.outputs


def test_what_is_no_notebook_is_not_explained() -> None:
    """nbformat would look for the reason in every value."""
    (cell,) = cells_of(shows([{**DISPLAY, "data": {"text/plain": [{}] * 200_000}}]))
    assert GONE in text_of(cell)


def test_cells_show_so_much_together() -> None:
    part = [{**STREAM, "text": "x" * (MAX_SHOWN_BY_ALL // 3)}]
    cells = cells_of(*[shows(part)] * 4)
    assert text_of(cells[3]).strip() == TOO_MUCH


def test_one_update_goes_to_many_displays_while_there_is_room() -> None:
    ids = dict.fromkeys(map(str, range(9000)), "a")
    first, _ = cells_of(shows([DISPLAY] * 9000, ids), shows([], {}, [update("a", {"text/plain": "y" * 1_000_000})]))
    assert sum(output.get("data", {}).get("text/plain", "") != "x" for output in first.outputs) < 70


X = torch.tensor([[1.0, 2.0]])


def answer(gradient: Any, inputs: Any = X, parameter_gradient: Any = None) -> Answer:
    """The answer where the reply says so, of a module with one parameter Tensor[3]."""
    reply = {"value": X, "inputs": [inputs], "gradients": [gradient], "parameters": [torch.ones(3)]}
    process = Forged([{**reply, "parameter_gradients": [parameter_gradient]}])
    return Student(PipeChannel(process, Limits())).f(X).answer()


@pytest.mark.parametrize("inputs", [X, X.unsqueeze(1), X.long(), X[:, :0], X.to("meta")])
def test_gradients_are_those_of_what_was_sent_whatever_became_of_it(inputs: torch.Tensor) -> None:
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
def test_gradients_that_autograd_never_gives_are_no_answer(make: Any) -> None:
    with pytest.raises(StudentGone):
        answer(make(X))
    with pytest.raises(StudentGone):
        answer(X, parameter_gradient=make(torch.ones(3)))
