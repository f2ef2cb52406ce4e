"""What students do, or do not do, so that large logits give no nan in `softmax`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from grader.checking.misconceptions import misconception

Softmax = Callable[[Tensor], Any]
overflow = partial(misconception, "softmax", read="shift_invariance")


def exponentials(logits: Tensor) -> Tensor:
    """e to the logits, shifted by the maximum of each row."""
    return torch.exp(logits - logits.max(dim=1, keepdim=True).values)


@overflow("大きなロジットでは exp があふれて、nan になります。")
def no_max_subtraction(logits: Tensor) -> Tensor:
    """The formula as written always works."""
    return logits.exp() / logits.exp().sum(dim=1, keepdim=True)


@overflow("行ごとではなく全体の最大値を引いているので、小さい行では exp がすべて 0 になり、nan になります。")
def global_max_subtracted(logits: Tensor) -> Tensor:
    """Any large number will do for all rows."""
    e = torch.exp(logits - logits.max())
    return e / e.sum(dim=1, keepdim=True)


@overflow("行ではなく列の最大値を引いています。同じ行から別々の数を引くと、確率が変わります。")
def column_max_subtracted(logits: Tensor) -> Tensor:
    """`max(dim=0)` is the maximum of each row."""
    e = torch.exp(logits - logits.max(dim=0).values)
    return e / e.sum(dim=1, keepdim=True)


@overflow("行の最大値ではなく平均を引いているので、大きなロジットでは exp があふれます。")
def mean_subtracted(logits: Tensor) -> Tensor:
    """Centred logits are small."""
    e = torch.exp(logits - logits.mean(dim=1, keepdim=True))
    return e / e.sum(dim=1, keepdim=True)


@overflow("行の最大値ではなく最小値を引いているので、大きなロジットでは exp があふれます。")
def min_subtracted(logits: Tensor) -> Tensor:
    """Logits must be made positive first."""
    e = torch.exp(logits - logits.min(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True)


@overflow("行の最大値ではなく先頭のロジットを引いているので、ほかがずっと大きいと exp があふれます。")
def first_logit_subtracted(logits: Tensor) -> Tensor:
    """Any common shift prevents overflow."""
    e = torch.exp(logits - logits[:, :1])
    return e / e.sum(dim=1, keepdim=True)


@overflow("分子だけで最大値を引いているので、分母とそろっていません。")
def max_subtracted_in_numerator_only(logits: Tensor) -> Tensor:
    """Only the numerator overflows."""
    return exponentials(logits) / torch.exp(logits).sum(dim=1, keepdim=True)


@overflow("最大値を引くのではなく、最大値で割っています。")
def divided_by_max(logits: Tensor) -> Tensor:
    """Scaling logits to at most 1 leaves the probabilities as they are."""
    e = torch.exp(logits / logits.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True)


@overflow("分母に小さな数を足していますが、exp があふれるのは防げません。")
def epsilon_instead_of_max_subtraction(logits: Tensor) -> Tensor:
    """nan comes from a division by zero."""
    e = torch.exp(logits)
    return e / (e.sum(dim=1, keepdim=True) + 1e-30)


@overflow("あふれて nan になった確率を、0 に置きかえています。")
def nan_replaced_by_zero(logits: Tensor) -> Tensor:
    """What cannot be computed is nearly 0."""
    return torch.nan_to_num(no_max_subtraction(logits), nan=0.0)


@overflow("大きなロジットを途中で切っているので、切られたクラスがどれも同じ確率になります。", around=True)
def logits_clamped(softmax: Softmax) -> Softmax:
    """Logits beyond ±50 are as good as 50."""
    return lambda logits: softmax(logits.clamp(-50, 50))
