"""Checks of `make_criterion(ratios, device)` (task 3), which returns a cross-entropy weighted by 1 / ratio."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from grader.assignments.loss_functions.checks.inverse_ratio_weights import LECTURE, MANY
from grader.assignments.loss_functions.strategies import weighted_batches
from grader.checking.comparison import assert_close, assert_device, assert_gradient, values_of
from grader.checking.drawing import given, points
from grader.checking.strategies import BROAD, BROAD_TARGETS, logits, with_targets
from grader.student.proxy import Student, together

Case = tuple[list[float], torch.Tensor, torch.Tensor]
ROW = torch.linspace(-1, 1, 10)
EASY: Case = (LECTURE, torch.stack([ROW, 2 * ROW.roll(2), ROW.roll(3)]), torch.tensor([0, 9, 4]))


def loss_of(shares: list[float], logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Σ w_y·loss / Σ w_y with w = 1 / ratio, as torch.nn.CrossEntropyLoss documents its weighted mean."""
    return F.cross_entropy(logits, targets, weight=1 / torch.tensor(shares))


def assert_easy_case(student: Student) -> None:
    """Require one correct loss, for the lecture's ratios, before awarding secondary points."""
    shares, logits, targets = EASY
    assert_close(student.make_criterion(shares, "cpu")(logits, targets), loss_of(*EASY))


# For the lecture's ratios, so that an answer that uses the notebook's RATIOS fails `arguments` only.
lecture_batches = with_targets(logits(limit=3, least=2, classes=len(LECTURE)))


@points(1.25)
@given(batch=lecture_batches)
def test_values(student: Student, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    """重み付き交差エントロピー（使った重みの合計で割る平均）と一致する。"""
    assert_easy_case(student)
    criterion = student.make_criterion(LECTURE, "cpu")
    for asked in (batch, (BROAD[:, :10], BROAD_TARGETS % 10)):
        # One criterion for many batches, as in training.
        _, loss = values_of(together(criterion(*EASY[1:]), criterion(*asked)), 2)
        assert_close(loss, loss_of(LECTURE, *asked), tol=1e-4, asked=criterion(*asked))


@points(0.5)
@given(batch=lecture_batches)
def test_gradients(student: Student, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    """勾配（gradient）がロジットまで正しく流れる。"""
    assert_easy_case(student)
    logits, targets = batch
    leaf = logits.clone().requires_grad_()
    (expected,) = torch.autograd.grad(loss_of(LECTURE, leaf, targets), leaf)
    question = student.make_criterion(LECTURE, "cpu")(logits, targets)
    assert_gradient(question.answer().gradients[0], expected, tol=1e-4, asked=repr(question))


@points(0.5)
@given(case=weighted_batches())
def test_arguments(student: Student, case: Case) -> None:
    """ノートブックの RATIOS ではなく、引数の ratios を使う（クラス数もいくつでも）。"""
    assert_easy_case(student)
    for shares, *batch in (case, (MANY[:12], BROAD, BROAD_TARGETS)):
        assert_close(student.make_criterion(shares, "cpu")(*batch), loss_of(shares, *batch), tol=1e-4)


@points(0.75, needs="values")
def test_device(student: Student) -> None:
    """重みが device（文字列でも torch.device でも）に置かれる。"""
    shares, logits, targets = EASY
    for device in ("cpu", torch.device("cpu")):
        assert_close(student.make_criterion(shares, device)(logits, targets), loss_of(*EASY))
    for device in ("cuda", torch.device("cuda"), "meta"):  # "meta": finds a device that is not read from the argument
        assert_device(student.make_criterion(shares, device)(logits, targets), torch.device(device).type)
