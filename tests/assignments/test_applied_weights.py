"""The weights that a criterion applies are read off its losses, to 1e-5, however it is written."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from grader.assignments.loss_functions.applied_weights import SIZES, applied_weights, batches
from grader.errors import Mismatch
from grader.student.proxy import InProcessChannel, Student

LECTURE = [0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]


def read_off(criterion: Any, classes: int) -> torch.Tensor:
    return applied_weights(Student(InProcessChannel({"criterion": criterion})).criterion, classes)


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


def test_the_batches_have_the_sizes_of_the_training_and_all_classes() -> None:
    made = batches(10)
    assert {len(targets) for _, targets in made} == set(SIZES)
    assert 64 in SIZES
    assert all(len(targets.unique()) >= 6 for _, targets in made)
