"""Checks of `cross_entropy(logits: Tensor[N, C], targets: Tensor[N]) -> Tensor[]` (task 1): batch mean, in nats."""

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
from grader.checking.strategies import (
    BROAD,
    BROAD_TARGETS,
    DTYPES,
    EASY_LOGITS,
    EASY_TARGETS,
    any_logits,
    large_logits,
    logits,
    with_targets,
)
from grader.student.proxy import Student

Batch = tuple[torch.Tensor, torch.Tensor]
EASY = EASY_LOGITS, EASY_TARGETS


def assert_easy_case(student: Student) -> None:
    """Require one correct value before awarding secondary points."""
    assert_close(student.cross_entropy(*EASY), F.cross_entropy(*EASY))


def gradient_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """d cross-entropy / d logits, Tensor[N, C]: (softmax − one-hot) / N."""
    leaf = logits.clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(leaf, targets), leaf)[0]


@points(1.5)
@given(batch=with_targets(logits(limit=3)))
def test_values(student: Student, batch: Batch) -> None:
    """バッチの平均の交差エントロピー（cross-entropy）と一致する。"""
    for asked in (batch, (BROAD, BROAD_TARGETS)):
        assert_close(student.cross_entropy(*asked), F.cross_entropy(*asked), tol=1e-4)


@points(1)
@given(batch=with_targets(large_logits()))
def test_large_logits(student: Student, batch: Batch) -> None:
    """ロジット（logits）が大きくても（±10000）、損失も勾配も正しい。"""
    assert_easy_case(student)
    question = student.cross_entropy(*batch)
    answer = question.answer()
    tol = tolerance(batch[0])
    assert_close(answer.value, F.cross_entropy(*batch), tol=tol, asked=repr(question))
    if is_close(student.cross_entropy(*EASY).answer().gradients[0], gradient_of(*EASY)):
        # otherwise it is wrong everywhere, and loses its points in `gradients`
        assert_gradient(answer.gradients[0], gradient_of(*batch), tol=tol, asked=repr(question))


@points(0.75)
@given(batch=with_targets(logits(limit=3)))
def test_gradients(student: Student, batch: Batch) -> None:
    """勾配（gradient）がロジットまで正しく流れる。"""
    assert_easy_case(student)
    for asked in (batch, (BROAD, BROAD_TARGETS)):
        question = student.cross_entropy(*asked)
        answer = question.answer(torch.tensor(3.0))
        assert_shape(answer.value, torch.tensor(0.0), question)
        assert_gradient(answer.gradients[0], 3 * gradient_of(*asked), tol=3e-4, asked=f"3 × {question!r}")


@points(0.25)
@given(batch=with_targets(logits(limit=1, grid=0.1, dtypes=DTYPES)))
def test_dtype(student: Student, batch: Batch) -> None:
    """float32 には float32、float64 には float64 のスカラーで、その精度のまま答える。"""
    assert_close(student.cross_entropy(*batch), F.cross_entropy(*batch), tol=4 * tolerance(batch[0]), dtype=True)


@points(0.25)
@given(batch=with_targets(any_logits()))
def test_unmodified(student: Student, batch: Batch) -> None:
    """入力のテンソル（logits も targets も）を書き換えない。"""
    assert_easy_case(student)  # large logits are not compared below
    question = student.cross_entropy(*batch)
    for gradient in (False, True):
        answer = question.answer(gradient=gradient)
        if batch[0].abs().max() <= 3:  # larger ones are compared in `large_logits`
            assert_close(answer.value, F.cross_entropy(*batch), tol=1e-4, asked=question)
        assert_unmodified(answer, *batch, asked=repr(question))


@points(0.25, needs="values")
def test_device(student: Student) -> None:
    """入力と同じデバイス（device）に答えを返す。"""
    assert_easy_case(student)
    assert_device(student.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3])))
