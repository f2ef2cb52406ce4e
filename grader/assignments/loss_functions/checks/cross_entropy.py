"""Checks of `cross_entropy(logits: Tensor[N, C], targets: Tensor[N]) -> Tensor[]` (task 1): batch mean, in nats."""

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
    BROAD_TARGETS,
    DTYPES,
    EASY_LOGITS,
    EASY_TARGETS,
    EXPANDED,
    LAYOUTS,
    LONG_ROWS,
    LONG_ROWS_TARGETS,
    MANY_ROWS,
    MANY_ROWS_TARGETS,
    SMALL_LOGITS,
    SMALL_TARGETS,
    SURE,
    SURE_TARGETS,
    TALL,
    TALL_TARGETS,
    WIDE,
    WIDE_TARGETS,
    any_logits,
    is_simplest,
    large_logits,
    logits,
    with_targets,
)
from grader.student.proxy import Expression, Student, with_strides

Batch = tuple[torch.Tensor, torch.Tensor]
EASY = EASY_LOGITS, EASY_TARGETS
LARGE = [(TALL, TALL_TARGETS), (WIDE, WIDE_TARGETS)]
# Every second of the targets, so that they are not contiguous either.
STRIDED = [(matrix, (5 * torch.arange(2 * len(matrix)) % matrix.shape[1])[::2]) for matrix in LAYOUTS]
EXPANDED_BATCH = EXPANDED, torch.tensor([3]).expand(len(EXPANDED))


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
    for asked in (batch, (SMALL_LOGITS, SMALL_TARGETS), (BROAD, BROAD_TARGETS)):
        assert_close(student.cross_entropy(*asked), F.cross_entropy(*asked), tol=1e-4)
    if is_simplest(batch[0]):
        for asked in STRIDED:
            assert_close(student.cross_entropy(*strided(student, asked)), F.cross_entropy(*asked), tol=1e-4)
        for asked in LARGE:
            assert_close_unless_too_deep(student.cross_entropy(*asked), F.cross_entropy(*asked))
        if not is_modified(student.cross_entropy(*EASY).answer(gradient=False), *EASY):
            expanded = student.cross_entropy(*strided(student, EXPANDED_BATCH))
            assert_close(expanded, F.cross_entropy(*EXPANDED_BATCH))
            after = EASY_LOGITS.flip(1), EASY_TARGETS.roll(1)
            losses = before_and_after_overwriting(student, student.cross_entropy, EASY, after)
            when = "呼んだあと、logits と targets の中身を書き換えてもう一度呼んだときの"
            for which, asked, loss in zip(("1回目", "2回目"), (EASY, after), losses, strict=True):
                assert_close(loss, F.cross_entropy(*asked), asked=f"{when}、{which}の cross_entropy(logits, targets)")


def strided(student: Student, batch: Batch) -> list[Expression]:
    """The batch with its strides."""
    return [with_strides(student, tensor) for tensor in batch]


@points(1)
@given(batch=with_targets(large_logits(DTYPES)))
def test_large_logits(student: Student, batch: Batch) -> None:
    """ロジット（logits）が大きくても（±10000）、損失も勾配も正しい。"""
    assert_easy_case(student)
    easy = EASY_LOGITS.double() / 3, EASY_TARGETS  # not exact in float32
    if not keeps_float64(student.cross_entropy(*easy), F.cross_entropy(*easy), gradient_of(*easy)):
        batch = batch[0].float(), batch[1]
    if is_simplest(batch[0]):
        sure = SURE, SURE_TARGETS
        assert_close(student.cross_entropy(*sure), F.cross_entropy(*sure), tol=3e-6)  # right answers: 5e-7
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
    if is_simplest(batch[0]):
        cases = []
        for asked in [*STRIDED, (MANY_ROWS, MANY_ROWS_TARGETS), (LONG_ROWS, LONG_ROWS_TARGETS)]:
            contiguous, n = asked[0].is_contiguous(), len(asked[0])
            question = student.cross_entropy(*(asked if contiguous else strided(student, asked)))
            value, expected = F.cross_entropy(*asked), n * gradient_of(*asked)  # each row's gradient is divided by N
            cotangent = torch.tensor(float(n))
            cases.append(Differentiated(question, asked[0], value, cotangent, expected, f"{n} × {question!r}"))
        assert_gradients_if_close(cases)


@points(0.25)
@given(batch=with_targets(logits(limit=1, grid=0.1, dtypes=DTYPES)))
def test_dtype(student: Student, batch: Batch) -> None:
    """float32 には float32、float64 には float64 のスカラーで、その精度のまま答える。"""
    assert_easy_case(student)
    question, tol = student.cross_entropy(*batch), 4 * tolerance(batch[0])
    answer = question.answer()
    assert_close(answer.value, F.cross_entropy(*batch), tol=tol, asked=question, dtype=True)
    if is_close(answer.gradients[0], gradient_of(*batch)):  # otherwise it loses its points in `gradients`
        assert_gradient(answer.gradients[0], gradient_of(*batch), tol=tol, asked=repr(question))


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
    if is_simplest(batch[0]):
        for asked in STRIDED:
            assert_unmodified_if_answered(student.cross_entropy(*strided(student, asked)), *asked)
        assert_unmodified_if_answered(student.cross_entropy(TALL, TALL_TARGETS), TALL, TALL_TARGETS)


@points(0.25, needs="values")
def test_device(student: Student) -> None:
    """入力と同じデバイス（device）に答えを返す。"""
    assert_easy_case(student)
    assert_device(student.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3])))
