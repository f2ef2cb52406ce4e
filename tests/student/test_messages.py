"""Questions, requests and replies as classes: their wire form, and that any other form is a WireError."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
import torch

from grader import wire
from grader.errors import WireError
from grader.sandbox.runtime.evaluate import evaluate, evaluate_batch
from grader.sandbox.runtime.messages import (
    Answer,
    AnswerBatch,
    Ask,
    AskBatch,
    Copied,
    Fork,
    Raised,
    Request,
    RunCell,
    WriteFiles,
    answer_from_wire,
    request_from_wire,
)
from grader.sandbox.runtime.questions import Call, Key, List, Name, Overwrite, Question, Value, View

QUESTION = Question(
    [Name("losses"), Key(0, "MSE"), Value(2.0), Value(None), List([2, 3]), Call(1, [4, 2], {"weight": 3})],
    gradient=True,
    parameters_of=1,
)
WIRE_FORM: dict[str, Any] = {
    "nodes": [
        ["name", "losses"],
        ["key", 0, "MSE"],
        ["value", 2.0],
        ["value", None],
        ["list", [2, 3]],
        ["call", 1, [4, 2], {"weight": 3}],
    ],
    "gradient": True,
    "cotangent": None,
    "parameters_of": 1,
    "device": None,
}


def with_node(node: Any) -> dict[str, Any]:
    return {**WIRE_FORM, "nodes": [node]}


def test_the_wire_form_of_a_question() -> None:
    """Its bytes are the random seed of the answer, so the order of the fields matters too."""
    assert list(QUESTION.to_wire().items()) == list(WIRE_FORM.items())
    assert QUESTION.encode() == wire.encode(WIRE_FORM)
    assert Question.decode(QUESTION.encode()) == QUESTION


def test_the_seed_is_the_same_in_a_batch() -> None:
    names = {"losses": {"MSE": lambda *_, **__: torch.rand(1)}}
    question = Question(QUESTION.nodes)
    torch.manual_seed(zlib.crc32(question.encode()))
    expected = torch.rand(1)
    (batched,) = (answer_from_wire(wire.decode(answer)) for answer in evaluate_batch(names, [question.encode()]))
    single = evaluate(names, question)
    assert isinstance(single, Answer)
    assert isinstance(batched, Answer)
    assert torch.equal(single.value, expected)
    assert torch.equal(batched.value, expected)


@pytest.mark.parametrize(
    "message",
    [
        None, [], {}, {**WIRE_FORM, "nodes": ()}, {**WIRE_FORM, "gradient": 1}, {**WIRE_FORM, "cotangent": [1.0]},
        {**WIRE_FORM, "parameters_of": "0"}, {**WIRE_FORM, "device": 0}, {**WIRE_FORM, "more": 1},
        {name: WIRE_FORM[name] for name in reversed(WIRE_FORM)},
        *map(with_node, [None, 5, "", [], ["value"], ["value", 1, 2], ["name", 5], ["key", "a", "b"], ["key", 0, 1],
                         ["call", 0, [1]], ["call", 0, {}, []], ["list", 5], ["view", 0, [1]],
                         ["view", 0, 1, 1, 0], ["overwrite", 0, 1], ["other", 1], [[], 1], {"value": 1}]),
    ],
)  # fmt: skip
def test_a_question_of_another_form_is_a_wire_error(message: Any) -> None:
    with pytest.raises(WireError):
        Question.from_wire(message)


def test_the_wire_form_of_views_and_overwritten_operands() -> None:
    question = Question([Value(1.0), View(0, (2, 1), (0, 1), 3), Overwrite(1, [0, 0])])
    nodes = question.to_wire()["nodes"]
    assert nodes == [["value", 1.0], ["view", 0, [2, 1], [0, 1], 3], ["overwrite", 1, [0, 0]]]
    assert Question.decode(question.encode()).to_wire() == question.to_wire()


@pytest.mark.parametrize("operand", [9, "0", None])
def test_an_operand_that_does_not_exist_is_an_exception_of_the_question(operand: Any) -> None:
    assert isinstance(evaluate({}, Question([Value(1), List([operand])])), Raised)


@pytest.mark.parametrize("request_", [RunCell("1 + 1"), Ask(QUESTION), AskBatch([QUESTION.encode()]), Fork()])
def test_requests_come_back(request_: Request) -> None:
    assert request_from_wire(wire.decode(wire.encode(request_.to_wire()))) == request_


@pytest.mark.parametrize(
    "message", [None, {}, {"run": 1}, {"ask": {}}, {"ask_batch": "x"}, {"ask_batch": [1]}, {"fork": 1}]
)
def test_a_request_of_another_form_is_a_wire_error(message: Any) -> None:
    with pytest.raises(WireError):
        request_from_wire(message)


def test_a_copy_tells_how_many_threads_it_lacks() -> None:
    assert Copied.from_wire(wire.decode(wire.encode(Copied(2).to_wire()))) == Copied(2)
    for message in (
        None,
        {},
        *({"copied": True, "threads": n} for n in (-1, True, 1.0, "1")),
        {"copied": 1, "threads": 1},
    ):
        with pytest.raises(WireError):
            Copied.from_wire(message)


def test_files_come_back() -> None:
    files = WriteFiles([("data/a.csv", b"1,2"), ("empty", b"")])
    assert WriteFiles.from_wire(wire.decode(wire.encode(files.to_wire()))) == files
    for message in (None, {}, {"files": None}, {"files": ["ab"]}, {"files": [["a", "text"]]}, {"files": [[b"a", b""]]}):
        with pytest.raises(WireError):
            WriteFiles.from_wire(message)


def test_answers_come_back() -> None:
    raised = Raised("ValueError", "no", "raise ValueError('no')", "softmax")
    assert answer_from_wire(wire.decode(wire.encode(raised.to_wire()))) == raised
    answer = Answer(3.0, [], [], [], [])
    assert answer_from_wire(wire.decode(wire.encode(answer.to_wire()))) == answer


def test_a_raised_exception_is_cut() -> None:
    long = "x" * 5000
    cut = answer_from_wire({"raised": {"name": long, "message": long, "line": long, "function": long}})
    assert isinstance(cut, Raised)
    assert [len(text) for text in (cut.name, cut.message, cut.line, cut.function)] == [100, 2000, 200, 100]


@pytest.mark.parametrize("reply", [None, [], {"answers": None}, {"answers": [1, "x", None]}])
def test_a_batch_of_another_form_has_no_answers(reply: Any) -> None:
    assert AnswerBatch.from_wire(reply).answers == []
