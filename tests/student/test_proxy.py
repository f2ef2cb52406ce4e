"""Questions to a student and their answers, evaluated in this process; and forged replies."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F

from grader.errors import StudentGone, StudentRaised
from grader.sandbox.runtime.questions import Question
from grader.student.proxy import (
    InProcessChannel,
    Student,
    format_expression,
    format_tensor,
    overwritten,
    storage_of,
    together,
    with_strides,
)
from grader.wire import Opaque


def student_with(**names: Any) -> Student:
    """A student whose notebook defines `names`."""
    return Student(InProcessChannel(names))


X = torch.tensor([[2.0, 1.0], [0.0, 3.0]])


def test_value_and_gradient_of_a_call() -> None:
    answer = student_with(f=lambda x: (x**2).sum()).f(X).answer()
    assert answer.value == 14.0
    assert answer.gradients[0] is not None
    assert torch.equal(answer.gradients[0], 2 * X)


def test_cotangent() -> None:
    cotangent = torch.tensor([[1.0, 0.0], [0.0, -1.0]])
    (gradient,) = student_with(f=lambda x: x**3).f(X).answer(cotangent).gradients
    assert gradient is not None
    assert torch.equal(gradient, 3 * X**2 * cotangent)


def test_a_whole_expression_has_one_gradient_tape() -> None:
    losses = {"CrossEntropyLoss": nn.CrossEntropyLoss()}
    student = student_with(make_model=lambda name: nn.Sequential(nn.Linear(2, 3)), loss_functions=losses)
    model = student.make_model("CrossEntropyLoss")
    y = torch.tensor([0, 2])
    answer = student.loss_functions["CrossEntropyLoss"](model(X), y).answer(parameters_of=model)
    weight, bias = (p.clone().requires_grad_() for p in answer.parameters)
    expected_loss = F.cross_entropy(F.linear(X, weight, bias), y)
    assert torch.allclose(answer.value, expected_loss)
    for got, expected in zip(
        answer.parameter_gradients, torch.autograd.grad(expected_loss, (weight, bias)), strict=True
    ):
        assert got is not None
        assert torch.allclose(got, expected)


def test_a_part_that_occurs_twice_is_evaluated_once() -> None:
    calls: list[int] = []

    def make() -> nn.Linear:
        calls.append(1)
        return nn.Linear(2, 1)

    student = student_with(make=make, difference=lambda a, b: a - b)
    model = student.make()
    assert torch.equal(student.difference(model(X), model(X)).value(), torch.zeros(2, 1))
    assert len(calls) == 1


def test_inputs_come_back_as_they_are_afterwards() -> None:
    def modify(x: torch.Tensor) -> torch.Tensor:
        x -= 1
        return x * 2

    answer = student_with(f=modify).f(X).answer()
    assert torch.equal(answer.inputs[0], X - 1)
    assert answer.gradients[0] is not None, "an in-place operation loses no gradient"
    assert torch.equal(answer.gradients[0], torch.full_like(X, 2.0))


@pytest.mark.parametrize("tensor", [X, X.t(), X[:, 1], X[1:], X[1:].expand(3, 2)])
def test_a_tensor_arrives_with_its_strides(tensor: torch.Tensor) -> None:
    seen: list[torch.Tensor] = []
    student = student_with(f=lambda x: seen.append(x.detach()) or (x**2).sum())
    answer = student.f(with_strides(student, tensor)).answer()
    assert torch.equal(seen[0], tensor)
    assert (seen[0].stride(), seen[0].storage_offset()) == (tensor.stride(), tensor.storage_offset())
    assert torch.equal(answer.inputs[0], storage_of(tensor))
    leaf = storage_of(tensor).clone().requires_grad_()
    view = leaf.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
    (expected,) = torch.autograd.grad((view**2).sum(), leaf)
    assert answer.gradients[0] is not None
    assert torch.equal(answer.gradients[0], expected)


def test_what_is_modified_beside_a_view_comes_back() -> None:
    def modify(x: torch.Tensor) -> torch.Tensor:
        torch.as_strided(x, (1,), (1,), 0).fill_(9)
        return x.sum()

    student = student_with(f=modify)
    assert student.f(with_strides(student, X[1:])).answer(gradient=False).inputs[0][0] == 9


def test_an_overwritten_tensor_is_the_same_object() -> None:
    student = student_with(f=lambda x: x.clone(), same=lambda x, y: x is y)
    x = with_strides(student, X)
    changed = overwritten(x, X + 1)
    before, _, after, same = together(student.f(x), changed, student.f(x), student.same(x, changed)).value()
    assert torch.equal(before, X)
    assert torch.equal(after, X + 1)
    assert same


def test_a_module_has_other_parameters_until_the_question_is_answered() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    weight, bias = torch.arange(6.0).reshape(3, 2), torch.tensor([1.0, 0.0, -1.0])
    student = student_with(model=model)
    chosen = overwritten(student.model, bias, weight)  # in any order: the shapes tell
    answer = chosen(X).answer(X @ weight.t(), parameters_of=chosen)
    layer = [weight.clone().requires_grad_(), bias.clone().requires_grad_()]
    expected = F.softmax(F.linear(X, *layer), dim=1)
    assert torch.equal(answer.value, expected)
    assert [torch.equal(p, q) for p, q in zip(answer.parameters, layer, strict=True)] == [True, True]
    for got, right in zip(
        answer.parameter_gradients, torch.autograd.grad(expected, layer, X @ weight.t()), strict=True
    ):
        assert got is not None
        assert torch.allclose(got, right)
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), before, strict=True))


def test_an_exception_restores_the_module_too() -> None:
    model = nn.Linear(2, 1)
    before = model.weight.detach().clone()
    student = student_with(model=model)
    with pytest.raises(StudentRaised):
        overwritten(student.model, torch.zeros(1, 2))(torch.zeros(5)).value()
    assert torch.equal(model.weight, before)


@pytest.mark.parametrize(
    "detach", [lambda x: x.detach(), lambda x: x.data * 2, lambda x: torch.ones(2), lambda x: 3.0, lambda x: None]
)
def test_a_gradient_that_does_not_flow_is_none(detach: Any) -> None:
    assert student_with(f=detach).f(X).answer().gradients == [None]


def test_gradients_flow_if_the_student_has_switched_them_off() -> None:
    with torch.no_grad():
        assert student_with(f=torch.sum).f(X).answer().gradients[0] is not None


@pytest.mark.parametrize(
    ("error", "name"),
    [(ValueError("no"), "ValueError"), (SystemExit(3), "SystemExit"), (KeyboardInterrupt(), "KeyboardInterrupt")],
)
def test_exceptions_of_the_student_s_code(error: BaseException, name: str) -> None:
    def f(x: torch.Tensor) -> None:
        raise error

    with pytest.raises(StudentRaised) as caught:
        student_with(f=f).f(X).value()
    assert caught.value.name == name


def test_a_tensor_without_elements_is_formatted_by_its_shape() -> None:
    assert format_tensor(torch.empty(10**9, 0)) == "Tensor[1000000000, 0]"


def test_an_exception_whose_str_raises() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def f() -> None:
        raise Odd

    with pytest.raises(StudentRaised, match="Odd"):
        student_with(f=f).f().value()


def test_a_missing_name() -> None:
    with pytest.raises(StudentRaised, match="softmax.*is not defined"):
        student_with().softmax(X).value()


def test_the_random_seed_depends_on_the_question_alone() -> None:
    """And the random numbers of the next cell do not depend on questions."""
    student = student_with(f=lambda x: x + torch.rand(1) + random.random() + float(np.random.rand()))
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    first, other, again = (student.f(x).value() for x in (X, X + 1, X))
    assert torch.equal(first, again)
    assert not torch.allclose(first + 1, other)
    assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == states


def test_the_device_of_an_answer() -> None:
    student = student_with(
        follows=lambda x: x + torch.ones(2, device=x.device), stays=lambda x: x.cpu(), mixes=lambda x: x + torch.ones(2)
    )
    assert student.follows(X).device_of("cuda").type == "cuda"
    assert student.stays(X).device_of("cuda").type == "cpu"
    with pytest.raises(StudentRaised, match="DeviceMismatch"):
        student.mixes(X).device_of("cuda")


def test_private_names_are_not_expressions() -> None:
    with pytest.raises(AttributeError):
        student_with()._channel_  # noqa: B018


def test_expressions_are_formatted_as_source_code() -> None:
    student = student_with()
    assert repr(student.softmax(torch.tensor([[0.0, 89.0]]))) == "softmax([[0, 89]])"
    assert repr(student.losses["MSE"](X, k=1)) == "losses['MSE']([[2, 1], [0, 3]], k=1)"
    assert format_expression(torch.zeros(10, 10)) == "Tensor[10, 10]"


class Forger:
    """A channel with a fixed reply."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply

    def ask(self, question: Question) -> Any:
        return self.reply


GOOD = {"value": X, "inputs": [X], "gradients": [X], "parameters": [], "parameter_gradients": []}


def test_a_reply_of_the_right_form() -> None:
    assert torch.equal(Student(Forger(GOOD)).f(X).value(), X)


@pytest.mark.parametrize(
    "reply",
    [
        None, 1, [], {}, Opaque("answer"), {"value": X}, {**GOOD, "inputs": None}, {**GOOD, "inputs": []},
        {**GOOD, "inputs": [X, X]}, {**GOOD, "inputs": [None]}, {**GOOD, "gradients": [1.0]}, {**GOOD, "gradients": []},
        {**GOOD, "gradients": None}, {**GOOD, "parameters": [X]}, {**GOOD, "parameters": "x"},
        {**GOOD, "parameter_gradients": [X]}, {"raised": None}, {"raised": {"name": 1, "message": "", "line": ""}},
        {"raised": {"name": "E"}},
    ],
)  # fmt: skip
def test_a_reply_of_another_form_is_not_an_answer(reply: Any) -> None:
    with pytest.raises(StudentGone):
        Student(Forger(reply)).f(X).answer()
