"""Task 1: `cross_entropy(logits: Tensor[N, C], targets: Tensor[N]) -> Tensor[]`, the mean over the batch in nats."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import example

from grader.checks.comparison import assert_close, assert_gradient, assert_unmodified, fail, kind, tolerance
from grader.checks.drawing import given, points
from grader.checks.strategies import large_logits, logits, with_targets
from grader.errors import StudentRaised
from grader.student import Student

Batch = tuple[torch.Tensor, torch.Tensor]
BENIGN = torch.tensor([[2.0, 1.0, 0.1, -1.0], [0.0, 0.5, -0.5, 1.5]]), torch.tensor([0, 2])


def right_where_easy(student: Student) -> None:
    """Nobody is paid for the dtype of a wrong answer."""
    assert_close(student.cross_entropy(*BENIGN), F.cross_entropy(*BENIGN))


def gradient_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """d cross-entropy / d logits, Tensor[N, C]: (softmax − one-hot) / N."""
    leaf = logits.clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(leaf, targets), leaf)[0]


@points(1.5)
@given(batch=with_targets(logits(limit=3)))
def test_values(student: Student, batch: Batch) -> None:
    """バッチの平均の交差エントロピー（cross-entropy）と一致する。"""
    assert_close(student.cross_entropy(*batch), F.cross_entropy(*batch), tol=1e-4)


@points(1)
@given(batch=with_targets(large_logits()))
@example(batch=(torch.tensor([[0.0, 1000.0]]), torch.tensor([0])))
@example(batch=(torch.tensor([[1002.0, 1001.0, 1000.1]]), torch.tensor([2])))
@example(batch=(torch.tensor([[-5000.0, -5001.0], [5000.0, 5001.0]]), torch.tensor([0, 0])))
def test_large_logits(student: Student, batch: Batch) -> None:
    """ロジット（logits）が大きくても（±10000）、損失も勾配も正しい。"""
    right_where_easy(student)
    question = student.cross_entropy(*batch)
    answer = question.answer()
    tol = tolerance(batch[0])
    assert_close(answer.value, F.cross_entropy(*batch), tol=tol, asked=repr(question))
    if answer.gradients[0] is not None:  # a detached answer loses its points under `gradients`
        assert_gradient(answer.gradients[0], gradient_of(*batch), tol=tol, asked=repr(question))


@points(0.75)
@given(batch=with_targets(logits(limit=3)))
def test_gradients(student: Student, batch: Batch) -> None:
    """勾配（gradient）がロジットまで正しく流れる。"""
    right_where_easy(student)
    question = student.cross_entropy(*batch)
    answer = question.answer(torch.tensor(3.0, dtype=batch[0].dtype))
    assert_gradient(answer.gradients[0], 3 * gradient_of(*batch), tol=3e-4, asked=f"3 × {question!r}")


@points(0.25)
@given(batch=with_targets(logits(limit=1)))
def test_dtype(student: Student, batch: Batch) -> None:
    """float32 には float32、float64 には float64 のスカラーで、その精度のまま答える。"""
    assert_close(student.cross_entropy(*batch), F.cross_entropy(*batch), tol=4 * tolerance(batch[0]), dtype=True)


@points(0.25)
@given(batch=with_targets(logits(limit=3)))
def test_unmodified(student: Student, batch: Batch) -> None:
    """入力のテンソル（logits も targets も）を書き換えない。"""
    question = student.cross_entropy(*batch)
    for gradient in (False, True):
        answer = question.answer(gradient=gradient)
        assert_close(answer.value, F.cross_entropy(*batch), tol=1e-4, asked=repr(question))
        assert_unmodified(answer, *batch, asked=repr(question))


@points(0.25)
def test_device(student: Student) -> None:
    """入力と同じデバイス（device）に答えを返す。"""
    right_where_easy(student)
    logits, targets = torch.empty(2, 4, device="meta"), torch.empty(2, dtype=torch.int64, device="meta")
    try:
        value = student.cross_entropy(logits, targets).value()
    except StudentRaised:  # loops and .item() cannot run on "meta": that proves nothing about the device
        return
    if not isinstance(value, torch.Tensor) or value.device.type != "meta":
        where = str(value.device) if isinstance(value, torch.Tensor) else kind(value)
        fail("meta デバイスの入力への答え", where, "meta（入力と同じデバイス）")
