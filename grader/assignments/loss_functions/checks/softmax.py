"""Checks of `softmax(logits: Tensor[N, C]) -> Tensor[N, C]` (task 1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from grader.checking.comparison import (
    assert_close,
    assert_device,
    assert_gradient,
    assert_shape,
    assert_unmodified,
    is_close,
    tolerance,
)
from grader.checking.drawing import given, points
from grader.checking.strategies import BROAD, DTYPES, EASY_LOGITS, any_logits, cotangents, large_logits, logits
from grader.student.proxy import Expression, Student, format_tensor


def assert_easy_case(student: Student) -> None:
    """Require one correct value before awarding secondary points."""
    assert_close(student.softmax(EASY_LOGITS), F.softmax(EASY_LOGITS, dim=1))


def gradient_of(logits: torch.Tensor, cotangent: torch.Tensor) -> torch.Tensor:
    """d sum(softmax(logits) · cotangent) / d logits, Tensor[N, C]."""
    leaf = logits.clone().requires_grad_()
    return torch.autograd.grad(F.softmax(leaf, dim=1), leaf, cotangent)[0]


@points(1)
@given(logits=logits(limit=5))
def test_values(student: Student, logits: torch.Tensor) -> None:
    """確率の値が、行ごとの softmax と一致する。"""
    assert_close(student.softmax(logits), F.softmax(logits, dim=1), tol=max(tolerance(logits), 1e-6))
    assert_close(student.softmax(BROAD), F.softmax(BROAD, dim=1))


@points(0.75)
@given(case=cotangents(large_logits()))
def test_large_logits(student: Student, case: tuple[torch.Tensor, torch.Tensor]) -> None:
    """ロジット（logits）が大きくても（±10000）、確率も勾配（gradient）も正しい。"""
    logits, cotangent = case
    assert_easy_case(student)
    question = student.softmax(logits)
    answer = question.answer(cotangent)
    assert_close(answer.value, F.softmax(logits, dim=1), tol=tolerance(logits), asked=question)
    if is_close(student.softmax(EASY_LOGITS).answer(EASY_LOGITS).gradients[0], gradient_of(EASY_LOGITS, EASY_LOGITS)):
        # otherwise it is wrong everywhere, and loses its points in `gradients`
        expected = gradient_of(logits, cotangent)
        assert_gradient(answer.gradients[0], expected, tol=tolerance(logits), asked=asked_of(question, cotangent))


@points(0.5)
@given(case=cotangents(logits(limit=3)))
def test_gradients(student: Student, case: tuple[torch.Tensor, torch.Tensor]) -> None:
    """勾配（gradient）が入力まで正しく流れる。"""
    assert_easy_case(student)
    for matrix, cotangent in (case, (BROAD, BROAD.flip(0))):
        question = student.softmax(matrix)
        answer = question.answer(cotangent)
        assert_shape(answer.value, matrix, question)
        expected, tol = gradient_of(matrix, cotangent), max(tolerance(matrix), 1e-5)
        assert_gradient(answer.gradients[0], expected, tol=tol, asked=asked_of(question, cotangent))


def asked_of(question: Expression, cotangent: torch.Tensor) -> str:
    """The differentiated expression, as a student would type it."""
    return f"({question!r} * {format_tensor(cotangent)}).sum()"


@points(0.25)
@given(logits=logits(limit=1, grid=0.1, dtypes=DTYPES))
def test_dtype(student: Student, logits: torch.Tensor) -> None:
    """float32 には float32、float64 には float64 で、その精度のまま答える。"""
    assert_close(student.softmax(logits), F.softmax(logits, dim=1), tol=4 * tolerance(logits), dtype=True)


@points(0.25)
@given(logits=any_logits())
def test_unmodified(student: Student, logits: torch.Tensor) -> None:
    """入力のテンソルを書き換えない。"""
    assert_easy_case(student)  # large logits are not compared below
    question = student.softmax(logits)
    for gradient in (False, True):
        answer = question.answer(gradient=gradient)
        if logits.abs().max() <= 3:  # larger ones are compared in `large_logits`
            assert_close(answer.value, F.softmax(logits, dim=1), tol=1e-4, asked=question)
        assert_unmodified(answer, logits, asked=repr(question))


@points(0.25, needs="values")
def test_device(student: Student) -> None:
    """入力と同じデバイス（device）に答えを返す。"""
    assert_easy_case(student)
    assert_device(student.softmax(torch.zeros(2, 4)))
