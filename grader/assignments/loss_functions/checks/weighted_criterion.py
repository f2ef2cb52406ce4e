"""Checks of `make_criterion(ratios, device)` (task 3), which returns a cross-entropy weighted by 1 / ratio."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from grader.assignments.loss_functions.applied_weights import applied_weights
from grader.assignments.loss_functions.checks.inverse_ratio_weights import LECTURE, MANY
from grader.assignments.loss_functions.questions import assert_close
from grader.assignments.loss_functions.strategies import weighted_batches
from grader.checking.comparison import (
    Differentiated,
    assert_close_unless_too_deep,
    assert_device,
    assert_gradient,
    assert_gradients_if_close,
    before_and_after_overwriting,
    fail,
    values_of,
)
from grader.checking.drawing import given, points
from grader.checking.strategies import (
    BROAD,
    BROAD_TARGETS,
    TALL,
    TALL_TARGETS,
    WIDE,
    WIDE_TARGETS,
    is_simplest,
    logits,
    with_targets,
)
from grader.checking.wording import gettext
from grader.errors import Mismatch, StudentRaised
from grader.student.proxy import Student, format_tensor, together, with_strides

Case = tuple[list[float], torch.Tensor, torch.Tensor]
LARGE: list[Case] = [
    ([0.3, 0.1, 0.05], TALL, TALL_TARGETS),
    # Near 1, so that the product of all other ratios, which is a right weight, does not underflow.
    ([1 - 0.01 * (k % 24) for k in range(WIDE.shape[1])], WIDE, WIDE_TARGETS),
]
MANY_ROWS = WIDE[:97, :10].contiguous(), WIDE_TARGETS[:97] % 10
STRIDED = BROAD[:20].t()[:, ::2], (torch.arange(24) ** 2 % 10)[::2]  # 12 rows of 10 classes, not contiguous
ROW = torch.linspace(-1, 1, 10)
# Few numbers, which students see in full.
SMALL: Case = (LECTURE, torch.eye(10)[[0, 9]] * torch.tensor([[1.0], [2.0]]), torch.tensor([0, 9]))
EASY: Case = (LECTURE, torch.stack([ROW, 2 * ROW.roll(2), ROW.roll(3)]), torch.tensor([0, 9, 4]))


def loss_of(shares: list[float], logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Σ w_y·loss / Σ w_y with w = 1 / ratio, as torch.nn.CrossEntropyLoss documents its weighted mean."""
    return F.cross_entropy(logits, targets, weight=1 / torch.tensor(shares))


def gradient_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """d loss / d logits for the lecture's ratios, Tensor[N, 10]."""
    leaf = logits.clone().requires_grad_()
    return torch.autograd.grad(loss_of(LECTURE, leaf, targets), leaf)[0]


def assert_easy_case(student: Student) -> None:
    """Require two correct losses, for the lecture's ratios, before awarding secondary points."""
    for shares, *batch in (SMALL, EASY):
        assert_close(student.make_criterion(shares, "cpu")(*batch), loss_of(shares, *batch))


def assert_weights(student: Student, shares: list[float]) -> None:
    """Require the weights of these ratios at rtol 1e-4, up to a factor, in batches like those of training."""
    weights = applied_weights(student.make_criterion(shares, "cpu"), len(shares))
    scales = weights * torch.tensor(shares, dtype=torch.float64)
    if not bool(((scales / scales.median() - 1).abs() <= 1.2e-4).all()):  # they are read off to 1e-5
        got, expected = (format_tensor(w / w[0]) for w in (weights, 1 / torch.tensor(shares)))
        read_off = gettext("{criterion} の損失から求めた重み（クラス 0 の重みを 1 とする）")
        fail(read_off.format(criterion=f"make_criterion({shares}, 'cpu')"), got, expected)


def has_lecture_weights(student: Student) -> bool:
    """Whether `assert_weights` accepts the criterion for the lecture's ratios."""
    try:
        assert_weights(student, LECTURE)
    except (Mismatch, StudentRaised):
        return False
    return True


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
    if is_simplest(batch[0]):
        assert_weights(student, LECTURE)
        strided = [with_strides(student, tensor) for tensor in STRIDED]
        assert_close(criterion(*strided), loss_of(LECTURE, *STRIDED), tol=1e-4)
        before, after = (BROAD[:, :10].clone(), BROAD_TARGETS % 10), (BROAD[:, 2:].clone(), (BROAD_TARGETS + 3) % 10)
        losses = before_and_after_overwriting(student, criterion, before, after)
        when = "呼んだあと、logits と targets の中身を書き換えてもう一度呼んだときの"
        for which, asked, loss in zip(("1回目", "2回目"), (before, after), losses, strict=True):
            assert_close(loss, loss_of(LECTURE, *asked), asked=f"{when}、{which}の criterion(logits, targets)")


@points(0.5)
@given(batch=lecture_batches)
def test_gradients(student: Student, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    """勾配（gradient）がロジットまで正しく流れる。"""
    assert_easy_case(student)
    criterion = student.make_criterion(LECTURE, "cpu")
    question = criterion(*batch)
    assert_gradient(question.answer().gradients[0], gradient_of(*batch), tol=1e-4, asked=repr(question))
    if is_simplest(batch[0]):
        cases = []
        for logits, targets in (STRIDED, MANY_ROWS):
            strided = [t if t.is_contiguous() else with_strides(student, t) for t in (logits, targets)]
            question, n = criterion(*strided), len(targets)  # each row's gradient is divided by about N
            value, expected = loss_of(LECTURE, logits, targets), n * gradient_of(logits, targets)
            cases.append(
                Differentiated(question, logits, value, torch.tensor(float(n)), expected, f"{n} × {question!r}")
            )
        assert_gradients_if_close(cases)


@points(0.5)
@given(case=weighted_batches())
def test_arguments(student: Student, case: Case) -> None:
    """ノートブックの RATIOS ではなく、引数の ratios を使う（クラス数もいくつでも）。"""
    assert_easy_case(student)
    for shares, *batch in (case, (MANY[:12], BROAD, BROAD_TARGETS)):
        assert_close(student.make_criterion(shares, "cpu")(*batch), loss_of(shares, *batch), tol=1e-4)
    if is_simplest(case[1]):
        for shares, *batch in LARGE:
            assert_close_unless_too_deep(student.make_criterion(shares, "cpu")(*batch), loss_of(shares, *batch))
        if has_lecture_weights(student):  # otherwise it loses its points in `values`
            assert_weights(student, [0.11, 0.38, 0.24, 0.27])
    shares, *batch = case
    first, second = student.make_criterion(shares, "cpu"), student.make_criterion(shares[::-1], "cpu")
    copies = [tensor.clone() for tensor in batch]  # a criterion may modify what it is given
    _, _, *losses = values_of(together(first, second, first(*batch), second(*copies)), 4)  # both are made first
    for loss, used in zip(losses, (shares, shares[::-1]), strict=True):
        asked = f"make_criterion を2回呼んだあとの、ratios={used} の criterion の損失"
        assert_close(loss, loss_of(used, *batch), tol=1e-4, asked=asked)


@points(0.75, needs="values")
def test_device(student: Student) -> None:
    """重みが device（文字列でも torch.device でも）に置かれる。"""
    assert_easy_case(student)
    shares, logits, targets = EASY
    for device in ("cpu", torch.device("cpu")):
        assert_close(student.make_criterion(shares, device)(logits, targets), loss_of(*EASY))
    for device in ("cuda", torch.device("cuda"), "meta"):  # "meta": finds a device that is not read from the argument
        assert_device(student.make_criterion(shares, device)(logits, targets), torch.device(device).type)
