"""Checks of `inverse_ratio_weights(ratios) -> Tensor[C] float32` (task 3); any positive factor is allowed."""

from __future__ import annotations

from typing import Any

import torch

from grader.assignments.loss_functions.questions import fail
from grader.assignments.loss_functions.strategies import ratios
from grader.checking.comparison import assert_shape, values_of
from grader.checking.drawing import given, points
from grader.checking.wording import gettext
from grader.student.proxy import Expression, Student, format_tensor, together, with_strides

TWO = [0.5, 0.2]  # the simplest ratios that are drawn are equal, and show no difference
MANY = [k / 250 for k in range(1, 25)]  # 24 classes, more than `ratios` draws; some ratios are small
LECTURE = [0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]


def assert_inverse(question: Expression, shares: list[float]) -> Any:
    """Require Tensor[C], positive and proportional to 1 / ratio at rtol 1e-4; → the weights. Raises Mismatch."""
    return assert_inverse_values(question, question.value(), shares)


def assert_inverse_values(question: Expression, weights: Any, shares: list[float]) -> Any:
    """`assert_inverse` for weights that are known already."""
    expected = 1 / torch.tensor(shares, dtype=torch.float64)
    assert_shape(weights, expected, question)
    if weights.is_complex():
        fail(repr(question), str(weights.dtype), "torch.float32")
    scales = weights.double() / expected  # all equal if the answer is right
    if not (0 < scales[0] < torch.inf and bool(((scales / scales[0] - 1).abs() <= 1e-4).all())):
        right = gettext("{weights} の正の定数倍").format(weights=format_tensor(expected.float()))
        fail(repr(question), format_tensor(weights), right)
    return weights


@points(1)
@given(shares=ratios())
def test_values(student: Student, shares: list[float]) -> None:
    """重みが 1 / ratio に比例する（順序や数によらない）。"""
    for asked in (shares, TWO, MANY):
        assert_inverse(student.inverse_ratio_weights(asked), asked)
    both = [shares, shares[::-1]]  # a later call must not change the weights of an earlier one
    questions = [student.inverse_ratio_weights(order) for order in both]
    for question, weights, order in zip(questions, values_of(together(*questions), 2), both, strict=True):
        assert_inverse_values(question, weights, order)


@points(0.5)
@given(shares=ratios())
def test_accepts(student: Student, shares: list[float]) -> None:
    """list でも tuple でも Tensor でも受け取る。"""
    assert_inverse(student.inverse_ratio_weights(TWO), TWO)
    for given_as in (shares, tuple(shares), torch.tensor(shares)):
        assert_inverse(student.inverse_ratio_weights(given_as), shares)
    every_second = torch.tensor(shares).repeat_interleave(2).cumsum(0)[::2]  # not contiguous
    assert_inverse(student.inverse_ratio_weights(with_strides(student, every_second)), every_second.tolist())


@points(0.5)
@given(shares=ratios())
def test_dtype(student: Student, shares: list[float]) -> None:
    """float32 のテンソルを返す。"""
    for given_as in (LECTURE, shares, torch.tensor(shares, dtype=torch.float64)):
        expected = shares if given_as is not LECTURE else LECTURE
        weights = assert_inverse(student.inverse_ratio_weights(given_as), expected)
        if weights.dtype != torch.float32:
            fail("inverse_ratio_weights の dtype", str(weights.dtype), "torch.float32")
