"""Misconceptions about the logarithm in `cross_entropy`, and about what large logits do to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from grader.checking.misconceptions import misconception

Loss = Callable[[Tensor, Tensor], Any]
logarithm = partial(misconception, "cross_entropy", read="gradient_of_cross_entropy")
formula = partial(misconception, "cross_entropy", read="cross_entropy_formula")


def of_right_class(values: Tensor, targets: Tensor) -> Tensor:
    """Of each row of Tensor[N, C], the value of its target: Tensor[N]."""
    return values.gather(1, targets[:, None]).squeeze(1)


def right_probability(logits: Tensor, targets: Tensor) -> Tensor:
    """The probability of each row's target: Tensor[N]."""
    return of_right_class(F.softmax(logits, dim=1), targets)


@formula("対数をとらずに、正解クラスの確率に負号を付けて平均しています。")
def log_forgotten(logits: Tensor, targets: Tensor) -> Tensor:
    """`nll_loss` takes the logarithm itself."""
    return -right_probability(logits, targets).mean()


@formula("softmax も対数も通さずに、正解クラスのロジットに負号を付けて平均しています。")
def softmax_forgotten(logits: Tensor, targets: Tensor) -> Tensor:
    """`nll_loss` takes logits."""
    return F.nll_loss(logits, targets)


@formula("確率ではなく、ロジットの対数をとっています。")
def log_of_logits(logits: Tensor, targets: Tensor) -> Tensor:
    """Logits are probabilities already."""
    return -of_right_class(logits, targets).log().mean()


@formula("自然対数ではなく、2 を底とする対数になっています。", around=True, combines=True)
def log_base_two(loss: Loss) -> Loss:
    """Entropy is measured in bits."""
    return lambda logits, targets: loss(logits, targets) / math.log(2)


@formula("自然対数ではなく、10 を底とする対数になっています。", around=True, combines=True)
def log_base_ten(loss: Loss) -> Loss:
    """log is log10."""
    return lambda logits, targets: loss(logits, targets) / math.log(10)


@formula("対数の平均ではなく、平均の対数をとっています。")
def log_of_mean_probability(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean and logarithm may be exchanged."""
    return -right_probability(logits, targets).mean().log()


@formula("対数の代わりに、1 から確率を引いています。")
def one_minus_probability(logits: Tensor, targets: Tensor) -> Tensor:
    """Any function that falls with the probability is a cross-entropy."""
    return (1 - right_probability(logits, targets)).mean()


@formula("交差エントロピーの exp（perplexity）を返しています。", around=True)
def perplexity(loss: Loss) -> Loss:
    """Perplexity is another word for cross-entropy."""
    return lambda logits, targets: torch.exp(loss(logits, targets))


@formula("log C で割っているので、値がクラスの数によって変わります。", around=True)
def divided_by_log_of_classes(loss: Loss) -> Loss:
    """A guess shall cost 1."""
    return lambda logits, targets: loss(logits, targets) / math.log(logits.shape[1])


@formula("softmax が 2 回かかっています（確率を、もう一度ロジットとして扱っています）。", around=True)
def softmax_twice(loss: Loss) -> Loss:
    """`F.cross_entropy` takes probabilities."""
    return lambda logits, targets: loss(F.softmax(logits, dim=1), targets)


@logarithm("確率にしてから対数をとっているので、確率が 0 になると損失が inf になります。")
def log_of_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    """A probability is never 0."""
    return -right_probability(logits, targets).log().mean()


@logarithm("大きなロジットでは exp があふれて、nan になります。")
def no_max_subtraction(logits: Tensor, targets: Tensor) -> Tensor:
    """The formula as written always works."""
    e = logits.exp()
    return -(of_right_class(e, targets) / e.sum(dim=1)).log().mean()


@logarithm("exp の和の対数をそのまま計算しているので、大きなロジットでは inf になります。")
def naive_logsumexp(logits: Tensor, targets: Tensor) -> Tensor:
    """Without a quotient nothing overflows."""
    return (logits.exp().sum(dim=1).log() - of_right_class(logits, targets)).mean()


@logarithm("行ごとではなく全体の最大値を引いているので、小さい行では exp がすべて 0 になります。")
def global_max_subtracted(logits: Tensor, targets: Tensor) -> Tensor:
    """Any large number will do for all rows."""
    return naive_logsumexp(logits - logits.max(), targets)


@logarithm("行の最大値ではなく平均を引いているので、大きなロジットでは exp があふれます。")
def mean_subtracted(logits: Tensor, targets: Tensor) -> Tensor:
    """Centred logits are small."""
    return naive_logsumexp(logits - logits.mean(dim=1, keepdim=True), targets)


@logarithm("確率に 1e-8 を足してから対数をとっているので、損失が 18.4 より大きくなりません。")
def epsilon_1e_8_inside_log(logits: Tensor, targets: Tensor) -> Tensor:
    """A small number only prevents log 0."""
    return -(right_probability(logits, targets) + 1e-8).log().mean()


@logarithm("確率に 1e-10 を足してから対数をとっているので、損失が 23.0 より大きくなりません。")
def epsilon_1e_10_inside_log(logits: Tensor, targets: Tensor) -> Tensor:
    """A small number only prevents log 0."""
    return -(right_probability(logits, targets) + 1e-10).log().mean()


@logarithm("確率に 1e-12 を足してから対数をとっているので、損失が 27.6 より大きくなりません。")
def epsilon_1e_12_inside_log(logits: Tensor, targets: Tensor) -> Tensor:
    """A small number only prevents log 0."""
    return -(right_probability(logits, targets) + 1e-12).log().mean()


@logarithm("確率を 1e-12 より小さくならないように切っているので、損失が 27.6 で頭打ちになります。")
def probability_clamped_at_1e_12(logits: Tensor, targets: Tensor) -> Tensor:
    """Clamping only prevents log 0."""
    return -right_probability(logits, targets).clamp(min=1e-12).log().mean()


@logarithm("確率を 1e-8 より小さくならないように切っているので、損失が 18.4 で頭打ちになります。")
def probability_clamped_at_1e_8(logits: Tensor, targets: Tensor) -> Tensor:
    """Clamping only prevents log 0."""
    return -right_probability(logits, targets).clamp(min=1e-8).log().mean()


@logarithm("行ごとの損失を 100 で切っているので、ひどい間違いほど小さく数えられます。")
def loss_clamped_at_100(logits: Tensor, targets: Tensor) -> Tensor:
    """`nn.BCELoss` does so, too."""
    return F.cross_entropy(logits, targets, reduction="none").clamp(max=100).mean()


@logarithm("大きなロジットを途中で切っているので、大きな損失が正しくありません。", around=True)
def logits_clamped(loss: Loss) -> Loss:
    """Logits beyond ±50 are as good as 50."""
    return lambda logits, targets: loss(logits.clamp(-50, 50), targets)


@logarithm("exp の和が計算のつながりから切れているので、勾配に p の項がありません。")
def detached_normaliser(logits: Tensor, targets: Tensor) -> Tensor:
    """The normaliser is a constant."""
    return (logits.logsumexp(dim=1).detach() - of_right_class(logits, targets)).mean()
