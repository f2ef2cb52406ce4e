"""Task 1: `softmax(logits: Tensor[N, C]) -> Tensor[N, C]`."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from grader.checks.comparison import assert_close, assert_device, assert_gradient, assert_unmodified, tolerance
from grader.checks.drawing import given, points
from grader.checks.strategies import DTYPES, cotangents, large_logits, logits
from grader.student import Student

# Every check asks this first. N ≠ C, C ≠ 3, N ≠ 2, and the targets do not sum to N: constants typed in do not fit.
BENIGN = torch.tensor([[2.0, 1.0, 0.1, -1.0], [0.0, 0.5, -0.5, 1.5], [1.0, 0.0, 2.0, 0.25]])


def right_where_easy(student: Student) -> None:
    """Nobody is paid for the dtype of a wrong answer."""
    assert_close(student.softmax(BENIGN), F.softmax(BENIGN, dim=1))


@points(1)
@given(logits=logits(limit=5))
def test_values(student: Student, logits: torch.Tensor) -> None:
    """確率の値が、行ごとの softmax と一致する。"""
    assert_close(student.softmax(logits), F.softmax(logits, dim=1), tol=max(tolerance(logits), 1e-6))


@points(0.75)
@given(logits=large_logits())
def test_large_logits(student: Student, logits: torch.Tensor) -> None:
    """ロジット（logits）が大きくても（±10000）、正しい確率になる。"""
    right_where_easy(student)
    assert_close(student.softmax(logits), F.softmax(logits, dim=1), tol=tolerance(logits))


@points(0.5)
@given(case=cotangents(logits(limit=3)))
def test_gradients(student: Student, case: tuple[torch.Tensor, torch.Tensor]) -> None:
    """勾配（gradient）が入力まで正しく流れる。"""
    logits, cotangent = case
    right_where_easy(student)
    leaf = logits.clone().requires_grad_()
    (expected,) = torch.autograd.grad(F.softmax(leaf, dim=1), leaf, cotangent)
    question = student.softmax(logits)
    answer = question.answer(cotangent)
    assert_gradient(answer.gradients[0], expected, tol=max(tolerance(logits), 1e-5), asked=repr(question))


@points(0.25)
@given(logits=logits(limit=1, dtypes=DTYPES))
def test_dtype(student: Student, logits: torch.Tensor) -> None:
    """float32 には float32、float64 には float64 で、その精度のまま答える。"""
    assert_close(student.softmax(logits), F.softmax(logits, dim=1), tol=4 * tolerance(logits), dtype=True)


@points(0.25)
@given(logits=logits(limit=3))
def test_unmodified(student: Student, logits: torch.Tensor) -> None:
    """入力のテンソルを書き換えない。"""
    question = student.softmax(logits)
    for gradient in (False, True):
        answer = question.answer(gradient=gradient)
        assert_close(answer.value, F.softmax(logits, dim=1), tol=1e-4, asked=repr(question))
        assert_unmodified(answer, logits, asked=repr(question))


@points(0.25, needs="values")
def test_device(student: Student) -> None:
    """入力と同じデバイス（device）に答えを返す。"""
    right_where_easy(student)
    assert_device(student.softmax(torch.zeros(2, 4)))
