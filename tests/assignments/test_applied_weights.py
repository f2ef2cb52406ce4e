"""The weights that a criterion applies are read off its losses, to 1e-5, however it is written."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from grader.assignments.loss_functions.applied_weights import CALLS, SIZES, applied_weights, assert_gradients, batches
from grader.errors import Mismatch
from grader.student.proxy import Expression, InProcessChannel, Student

LECTURE = [0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]


def asking(criterion: Any) -> Expression:
    return Student(InProcessChannel({"criterion": criterion})).criterion


def read_off(criterion: Any, classes: int) -> torch.Tensor:
    return applied_weights(asking(criterion), classes)


def in_a_loop(logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor) -> Any:
    rows = zip(torch.log_softmax(logits, dim=1), targets, strict=True)
    return -sum(weight[y] * row[y] for row, y in rows) / sum(weight[y] for y in targets)


def by_one_hot(logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    p, one_hot = logits.exp() / logits.exp().sum(dim=1, keepdim=True), F.one_hot(targets, logits.shape[1])
    return -(weight * one_hot * p.log()).sum() / (weight * one_hot).sum()


@pytest.mark.parametrize("write", [F.cross_entropy, in_a_loop, by_one_hot])
@pytest.mark.parametrize("shares", [LECTURE, LECTURE[::-1], [0.004 * k for k in range(1, 13)], [0.5, 0.5], [1.0, 0.02]])
def test_weights_are_read_off_to_five_digits(write: Any, shares: list[float]) -> None:
    weight = 1000 / torch.tensor(shares)
    got = read_off(lambda logits, targets: write(logits, targets, weight=weight), len(shares))
    assert torch.allclose(got, (weight / weight[0]).double(), rtol=2e-5, atol=0)


@pytest.mark.parametrize(
    "criterion",
    [
        lambda logits, targets: F.cross_entropy(logits, targets, reduction="sum"),
        lambda logits, targets: F.cross_entropy(logits.softmax(dim=1), targets),
        lambda logits, targets: F.cross_entropy(logits, targets, label_smoothing=0.01),
        lambda logits, targets: F.cross_entropy(logits, targets) * torch.nan,
        lambda logits, targets: F.cross_entropy(logits, targets, weight=torch.tensor([1.0, 0.0, 1.0])),
        lambda logits, targets: F.cross_entropy(logits, targets, weight=torch.tensor([1.0, -0.2, 1.0])),
        lambda logits, targets: F.cross_entropy(logits, targets, torch.arange(3.0) ** (len(targets) < 40) + 1),
        lambda logits, targets: None,
    ],
)  # fmt: skip
def test_a_loss_that_no_positive_weights_explain_is_a_mismatch(criterion: Any) -> None:
    with pytest.raises(Mismatch):
        read_off(criterion, 3)


def test_the_batches_differ_in_what_a_criterion_might_tell_apart() -> None:
    made = batches(10)
    assert {len(targets) for _, targets in made} == set(SIZES)
    assert 64 in SIZES
    losses = [float(F.cross_entropy(*batch)) for batch in made]
    assert min(losses) < 0.5 < 2 < max(losses)
    assert {bool((targets.diff() >= 0).all()) for _, targets in made} == {True, False}
    assert {bool(logits.abs().max() < 1) for logits, _ in made} == {True, False}
    for of_some in (lambda y: y == 0, lambda y: y >= 4, lambda y: y < 4):
        assert {bool(of_some(targets).any()) for _, targets in made} == {True, False}


def test_weights_for_an_epoch_of_calls_are_not_enough() -> None:
    calls = iter(range(1, 10_000))
    weight = torch.tensor([1.0, 2.0, 3.0])
    with pytest.raises(Mismatch):
        read_off(lambda z, y: F.cross_entropy(z, y, weight if next(calls) < CALLS else None), 3)


@pytest.mark.parametrize("write", [F.cross_entropy, in_a_loop, by_one_hot])
def test_the_gradients_of_a_right_criterion_are_those_of_its_weights(write: Any) -> None:
    weight = 1 / torch.tensor(LECTURE)
    assert_gradients(asking(lambda z, y: write(z, y, weight=weight)), (weight / weight[0]).double())


@pytest.mark.parametrize(
    "criterion",
    [
        lambda z, y, w: F.cross_entropy(z, y),
        lambda z, y, w: F.cross_entropy(z.detach(), y, w),
        lambda z, y, w: -F.cross_entropy(z, y, w),
        lambda z, y, w: F.cross_entropy(z, y, w) * 1.01,
        lambda z, y, w: F.cross_entropy(torch.cat([z[:20], z[20:].detach()]), y, w),
    ],
)
def test_gradients_of_other_weights_are_a_mismatch(criterion: Any) -> None:
    weight = 1 / torch.tensor(LECTURE)
    with pytest.raises(Mismatch):
        assert_gradients(asking(lambda z, y: criterion(z, y, weight)), (weight / weight[0]).double())
