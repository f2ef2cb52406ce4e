"""Misconceptions about `make_criterion(ratios, device)` (task 3), also those of the weights that it is made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.assignments.loss_functions.misconceptions import inverse_ratio_weights
from grader.assignments.loss_functions.misconceptions.inverse_ratio_weights import Ratios, inverse
from grader.checking.misconceptions import Linked, entries_of, misconception

MakeCriterion = Callable[..., Any]  # of ratios and device
WeightedLoss = Callable[[Tensor, Tensor, Tensor], Any]  # of logits, targets and weights


@Linked
def make_criterion(names: Mapping[str, Any]) -> MakeCriterion:
    """Made of the two other names."""

    def make(ratios: Ratios, device: str | torch.device) -> Callable[[Tensor, Tensor], Any]:
        weights = names["inverse_ratio_weights"](ratios).to(device)
        return lambda logits, targets: names["weighted_loss"](logits, targets, weights)

    return make


RIGHT: dict[str, Any] = {
    "inverse_ratio_weights": inverse,
    "weighted_loss": F.cross_entropy,
    "make_criterion": make_criterion,
}
CUDA = torch.device("cuda")  # the check asks with its name first
RATIOS, LOGITS = (
    [0.02, 0.3, 0.68],
    torch.tensor([[2.0, -1.0, 0.5], [0.0, 1.0, -1.0], [0.5, 0.25, 3.0], [-2.0, 0.0, 1.0]]),
)
TEN_RATIOS = [0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.24]  # as many classes as in the lecture
TEN_LOGITS, TEN_TARGETS = torch.sin(torch.arange(40.0)).reshape(4, 10), torch.tensor([0, 3, 9, 5])
FURTHER = (
    lambda student: student.make_criterion(TEN_RATIOS, "cpu")(TEN_LOGITS, TEN_TARGETS).question(),
    lambda student: student.make_criterion(RATIOS, "cpu")(LOGITS, torch.tensor([0, 1, 2, 2])).question(),
    lambda student: student.make_criterion(RATIOS, "cpu")(LOGITS, torch.tensor([1, 1, 0, 2])).question(),
    lambda student: student.make_criterion(RATIOS[1:], "cpu")(LOGITS[:, 1:], torch.tensor([0, 1, 1, 1])).question(),
    lambda student: student.make_criterion(RATIOS, CUDA)(LOGITS, torch.tensor([0, 1, 2, 2])).question(CUDA.type),
)

# Harmless to the criterion, or the same for it as another one: a factor of all weights cancels, and ratios are a list.
NO_MISTAKE_HERE = {"inverse_negated", "input_dtype_kept", "tuple_not_accepted", "list_overwritten"}
SAME_HERE = {"equal_weights", "ratios_normalised", "ratio_negated", "softmax_of_negative_ratios", "column_vector"}
OF_WEIGHTS = tuple(e for e in entries_of(inverse_ratio_weights) if e.name not in NO_MISTAKE_HERE | SAME_HERE)

mean = partial(misconception, "weighted_loss", read="weighting_text")
inside = partial(misconception, "weighted_loss", read="task_criterion")
outside = partial(misconception, "make_criterion", read="task_criterion")


def row_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """The loss of each row without weights, Tensor[N]."""
    return F.cross_entropy(logits, targets, reduction="none")


# How the losses of the rows are weighted and averaged


@mean("使った重みの和ではなく、枚数 N で割っています。")
def divided_by_n(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """A mean is divided by N."""
    return F.cross_entropy(logits, targets, weight=weights, reduction="none").mean()


@mean("使った重みの和ではなく、全クラスの重みの和で割っています。")
def divided_by_sum_of_all_weights(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """The sum of the weights is a constant."""
    return (weights[targets] * row_losses(logits, targets)).sum() / weights.sum()


@mean("重み付きの和のままで、重みの和で割っていません。")
def sum_instead_of_mean(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """The numerator is the loss."""
    return F.cross_entropy(logits, targets, weight=weights, reduction="sum")


@mean("平均をとらずに、行ごとの損失を返しています。")
def no_reduction(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """A loss is one number a sample."""
    return F.cross_entropy(logits, targets, weight=weights, reduction="none")


@mean("重みの平均と損失の平均を、別々にとってから掛けています。")
def mean_weight_times_mean_loss(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """The mean of products is the product of means."""
    return weights[targets].mean() * F.cross_entropy(logits, targets)


@mean("正解のクラスではなく、予測したクラスの重みを使っています。")
def weight_of_predicted_class(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """The class is what the network says."""
    used = weights[logits.argmax(dim=1)]
    return (used * row_losses(logits, targets)).sum() / used.sum()


@mean("正解のクラスではなく、1 つ前のクラスの重みを使っています。番号は 0 から始まります。")
def weight_of_class_before(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Classes are counted from 1."""
    used = weights[targets - 1]
    return (used * row_losses(logits, targets)).sum() / used.sum()


@mean("損失ではなく、ロジットに重みを掛けています。")
def weights_on_logits(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """A weight may be put anywhere."""
    return F.cross_entropy(logits * weights, targets)


@mean("損失ではなく、確率に重みを掛けてから対数をとっています。")
def weights_on_probabilities(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """A weight may be put anywhere."""
    p = F.softmax(logits, dim=1) * weights
    return -p.gather(1, targets[:, None]).log().mean()


# The loss that is weighted


@inside("softmax が 2 回かかっています（確率を、もう一度ロジットとして扱っています）。", around=True)
def softmax_twice(loss: WeightedLoss) -> WeightedLoss:
    """`nn.CrossEntropyLoss` takes probabilities."""
    return lambda logits, targets, weights: loss(F.softmax(logits, dim=1), targets, weights)


@inside("対数をとらずに、正解クラスの確率に重みを付けています。")
def log_forgotten(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """`nn.NLLLoss` takes the logarithm itself."""
    return F.nll_loss(F.softmax(logits, dim=1), targets, weight=weights)


@inside("softmax も対数も通さずに、正解クラスのロジットに重みを付けています。")
def softmax_forgotten(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """`nn.NLLLoss` takes logits."""
    return F.nll_loss(logits, targets, weight=weights)


@inside("正解を 1 ではなく 0.9 に薄めています（label smoothing）。")
def label_smoothing(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Smoothing belongs to a good loss."""
    return F.cross_entropy(logits, targets, weight=weights, label_smoothing=0.1)


@inside("符号が逆です。", around=True)
def sign_flipped(loss: WeightedLoss) -> WeightedLoss:
    """A loss is maximised."""
    return lambda logits, targets, weights: -loss(logits, targets, weights)


@inside("計算のつながりが切れていて、勾配がロジットまで流れません。", around=True)
def detached(loss: WeightedLoss) -> WeightedLoss:
    """A gradient needs no graph."""
    return lambda logits, targets, weights: loss(logits, targets, weights).detach()


@inside("Tensor ではなく Python の数を返しています。", around=True)
def python_float_returned(loss: WeightedLoss) -> WeightedLoss:
    """A loss is a number."""
    return lambda logits, targets, weights: loss(logits, targets, weights).item()


@inside("返した関数が損失を計算していますが、何も返していません（None が返ります）。")
def loss_not_returned(logits: Tensor, targets: Tensor, weights: Tensor) -> None:
    """Printing is returning."""


@inside("返した関数の引数の順序が逆です。クラス番号を、ロジットとして扱っています。", around=True)
def arguments_in_wrong_order(loss: WeightedLoss) -> WeightedLoss:
    """The targets come first."""
    return lambda logits, targets, weights: loss(targets, logits, weights)


# What is made, and when


@outside("どのクラスの重みも同じで、ふつうの損失と変わりません。")
def weights_ignored(ratios: Ratios, device: object) -> object:
    """The weights need not be handed over, or are ones."""
    return nn.CrossEntropyLoss()


@outside("損失の関数を作っていますが、返していません（None が返ります）。")
def criterion_not_returned(ratios: Ratios, device: object) -> None:
    """The last value of a function is its result."""


@outside("損失の関数ではなく、重みを返しています。")
def weights_returned_instead_of_criterion(ratios: Ratios, device: str) -> Tensor:
    """The weights are the criterion."""
    return inverse(ratios).to(device)


@outside("損失のオブジェクトではなく、クラスを返しています（丸括弧がありません）。")
def class_instead_of_instance(ratios: Ratios, device: object) -> object:
    """A class can be called as its objects can."""
    return nn.CrossEntropyLoss


@outside("重みが Tensor ではなくリストのままです。")
def weights_left_a_list(ratios: Ratios, device: object) -> object:
    """Lists and tensors are the same."""
    return nn.CrossEntropyLoss(weight=[1 / float(ratio) for ratio in ratios])  # type: ignore[arg-type]


@outside("引数の device を使わずに、重みの置き場所を決めています。", around=True)
def device_argument_ignored(make: MakeCriterion) -> MakeCriterion:
    """There is one device, or `weights.to(device)` moves the weights."""
    return lambda ratios, device: make(ratios, "cpu")


@outside("どの損失も、最後に作った損失の重みを使います。前に作った損失まで変わってしまいます。", around=True)
def weights_shared_between_criteria(make: MakeCriterion) -> MakeCriterion:
    """There is one criterion, so its weights may be global."""
    latest: list[Any] = []

    def share(ratios: Ratios, device: object) -> Callable[[Tensor, Tensor], Any]:
        latest[:] = [make(ratios, device)]
        return lambda logits, targets: latest[0](logits, targets)

    return share


@outside("どの損失も、最初に作った損失の重みを使います。", around=True)
def weights_of_first_call(make: MakeCriterion) -> MakeCriterion:
    """Weights are computed once."""
    first: list[Any] = []

    def keep(ratios: Ratios, device: object) -> object:
        first[:] = first or [make(ratios, device)]
        return first[0]

    return keep
