"""Checks of `softmax(logits: Tensor[N, C]) -> Tensor[N, C]` (task 1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from grader.assignments.loss_functions.questions import assert_close
from grader.checking.comparison import (
    Differentiated,
    assert_close_unless_too_deep,
    assert_device,
    assert_gradient,
    assert_gradients_if_close,
    assert_shape,
    assert_unmodified,
    assert_unmodified_if_answered,
    before_and_after_overwriting,
    is_close,
    is_modified,
    keeps_float64,
    tolerance,
)
from grader.checking.drawing import given, points
from grader.checking.strategies import (
    BROAD,
    DTYPES,
    EASY_LOGITS,
    EXPANDED,
    LAYOUTS,
    LONG_ROWS,
    MANY_ROWS,
    SMALL_LOGITS,
    STEEP,
    TALL,
    WIDE,
    any_logits,
    cotangents,
    is_simplest,
    large_logits,
    logits,
)
from grader.student.proxy import Expression, Student, format_tensor, with_strides


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
    for matrix in (SMALL_LOGITS, BROAD):
        assert_close(student.softmax(matrix), F.softmax(matrix, dim=1))
    if is_simplest(logits):
        for matrix in LAYOUTS:
            assert_close(student.softmax(with_strides(student, matrix)), F.softmax(matrix, dim=1))
        for matrix in (TALL, WIDE):
            assert_close_unless_too_deep(student.softmax(matrix), F.softmax(matrix, dim=1))
        if not is_modified(student.softmax(EASY_LOGITS).answer(gradient=False), EASY_LOGITS):
            assert_close(student.softmax(with_strides(student, EXPANDED)), F.softmax(EXPANDED, dim=1))
            both = [EASY_LOGITS, EASY_LOGITS.flip(1)]
            answers = before_and_after_overwriting(student, student.softmax, both[:1], both[1:])
            when = "呼んだあと、logits の中身を書き換えてもう一度呼んだときの"
            for which, matrix, answer in zip(("1回目", "2回目"), both, answers, strict=True):
                assert_close(answer, F.softmax(matrix, dim=1), asked=f"{when}、{which}の softmax(logits)")


@points(0.75)
@given(case=cotangents(large_logits(DTYPES)))
def test_large_logits(student: Student, case: tuple[torch.Tensor, torch.Tensor]) -> None:
    """ロジット（logits）が大きくても（±10000）、確率も勾配（gradient）も正しい。"""
    logits, cotangent = case
    assert_easy_case(student)
    easy = EASY_LOGITS.double() / 3  # not exact in float32
    if not keeps_float64(student.softmax(easy), F.softmax(easy, dim=1), gradient_of(easy, easy), easy):
        logits, cotangent = logits.float(), cotangent.float()
    if is_simplest(logits):
        assert_close(student.softmax(STEEP), F.softmax(STEEP, dim=1), relative=True)
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
    if is_simplest(case[0]):
        cases = []
        for matrix in (*LAYOUTS, MANY_ROWS, LONG_ROWS):
            question = student.softmax(matrix if matrix.is_contiguous() else with_strides(student, matrix))
            cotangent = matrix.flip(0).contiguous()
            expected = gradient_of(matrix, cotangent)
            asked = f"({question!r} * Tensor{list(matrix.shape)}).sum()"
            cases.append(Differentiated(question, matrix, F.softmax(matrix, dim=1), cotangent, expected, asked))
        assert_gradients_if_close(cases)


def asked_of(question: Expression, cotangent: torch.Tensor) -> str:
    """The differentiated expression, as a student would type it."""
    return f"({question!r} * {format_tensor(cotangent)}).sum()"


@points(0.25)
@given(case=cotangents(logits(limit=1, grid=0.1, dtypes=DTYPES)))
def test_dtype(student: Student, case: tuple[torch.Tensor, torch.Tensor]) -> None:
    """float32 には float32、float64 には float64 で、その精度のまま答える。"""
    logits, cotangent = case
    assert_easy_case(student)
    question, tol = student.softmax(logits), 4 * tolerance(logits)
    answer = question.answer(cotangent)
    assert_close(answer.value, F.softmax(logits, dim=1), tol=tol, asked=question, dtype=True)
    expected = gradient_of(logits, cotangent)
    if is_close(answer.gradients[0], expected):  # otherwise it loses its points in `gradients`
        assert_gradient(answer.gradients[0], expected, tol=tol, asked=asked_of(question, cotangent))


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
    if is_simplest(logits):
        for matrix in LAYOUTS:
            assert_unmodified_if_answered(student.softmax(with_strides(student, matrix)), matrix)
        assert_unmodified_if_answered(student.softmax(TALL), TALL)


@points(0.25, needs="values")
def test_device(student: Student) -> None:
    """入力と同じデバイス（device）に答えを返す。"""
    assert_easy_case(student)
    assert_device(student.softmax(torch.zeros(2, 4)))
