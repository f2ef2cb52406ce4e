"""Misconceptions about `cross_entropy(logits: Tensor[N, C], targets: Tensor[N]) -> Tensor[]` (task 1)."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.assignments.loss_functions.misconceptions import cross_entropy_logarithm
from grader.assignments.loss_functions.misconceptions.cross_entropy_logarithm import (
    Loss,
    formula,
    of_right_class,
    right_probability,
)
from grader.assignments.loss_functions.misconceptions.of_tensors import of_tensors
from grader.checking.misconceptions import entries_of, misconception

RIGHT: dict[str, Loss] = {"cross_entropy": F.cross_entropy}
# See softmax; and batches in which one target, and classes, are missing.
FURTHER = (
    lambda student: student.cross_entropy(
        torch.tensor([[95.0, 0.0, 0.0], [0.0, 1.0, -1.0]]), torch.tensor([0, 1])
    ).question(),
    lambda student: student.cross_entropy(
        torch.tensor([[-95.0, -96.0], [-90.0, -92.0]]), torch.tensor([1, 0])
    ).question(),
    lambda student: student.cross_entropy(
        torch.tensor([[-120.0, -121.0], [2.0, 1.0]]), torch.tensor([1, 1])
    ).question(),
)

LOGARITHM = entries_of(cross_entropy_logarithm)
OF_TENSORS = of_tensors("cross_entropy", read="task_cross_entropy", gradient="gradient_of_cross_entropy")
task = partial(misconception, "cross_entropy", read="task_cross_entropy")


# Which values are added up, and what the sum is divided by


@formula("バッチの平均ではなく、和になっています。", around=True)
def sum_instead_of_mean(loss: Loss) -> Loss:
    """The formula says Σ."""
    return lambda logits, targets: loss(logits, targets) * len(targets)


@formula("N ではなく N × C で割っています（one-hot の 0 まで数えて平均しています）。", around=True)
def mean_over_classes_too(loss: Loss) -> Loss:
    """`mean()` of the one-hot product is the mean over samples."""
    return lambda logits, targets: loss(logits, targets) / logits.shape[1]


@formula("行の数ではなく、クラス番号の和で割っています。", around=True)
def divided_by_sum_of_targets(loss: Loss) -> Loss:
    """The targets are one-hot and sum to N."""
    return lambda logits, targets: loss(logits, targets) * len(targets) / targets.sum()


@formula("平均をとらずに、行ごとの損失を返しています。")
def no_reduction(logits: Tensor, targets: Tensor) -> Tensor:
    """A loss is one number a sample."""
    return F.cross_entropy(logits, targets, reduction="none")


@formula("符号が逆です（負号がありません）。", around=True)
def sign_missing(loss: Loss) -> Loss:
    """The mean logarithm is the loss."""
    return lambda logits, targets: -loss(logits, targets)


@formula("softmax が、行ごとではなく列ごとになっています。")
def softmax_over_batch(logits: Tensor, targets: Tensor) -> Tensor:
    """The classes are along dim 0."""
    return F.nll_loss(F.log_softmax(logits, dim=0), targets)


@formula("行ごとではなく、行列全体を 1 つの分布としています。")
def logsumexp_over_all_elements(logits: Tensor, targets: Tensor) -> Tensor:
    """A sum needs no dim."""
    return (logits.flatten().logsumexp(dim=0) - of_right_class(logits, targets)).mean()


@formula("クラス番号を、one-hot のように確率の対数に掛けています（形が合いません）。")
def one_hot_expected(logits: Tensor, targets: Tensor) -> Tensor:
    """The targets are one-hot rows."""
    return -(targets * F.log_softmax(logits, dim=1)).sum(dim=1).mean()


@formula("クラス番号を、one-hot のように確率の対数に掛けています。番号が倍率になってしまいます。")
def class_numbers_as_factors(logits: Tensor, targets: Tensor) -> Tensor:
    """With another dimension the targets are one-hot."""
    return -(targets[:, None] * F.log_softmax(logits, dim=1)).sum(dim=1).mean()


@formula("各行の正解クラスではなく、N × N 個の値を取り出して平均しています。")
def all_pairs_indexed(logits: Tensor, targets: Tensor) -> Tensor:
    """`[:, targets]` picks one value a row."""
    return -F.log_softmax(logits, dim=1)[:, targets].mean()


@formula("各行の正解クラスではなく、クラス番号を行の番号として、行を取り出しています。")
def rows_indexed_by_targets(logits: Tensor, targets: Tensor) -> Tensor:
    """`[targets]` picks one value a row."""
    return -F.log_softmax(logits, dim=1)[targets].mean()


@formula("行の中からではなく、列の中から値を取り出しています（gather の向き）。")
def gather_along_rows(logits: Tensor, targets: Tensor) -> Tensor:
    """gather along dim 0 goes row by row."""
    return -F.log_softmax(logits, dim=1).gather(0, targets[None, :]).mean()


@formula("どの行も、クラス 0 を正解としています。")
def always_class_zero(logits: Tensor, targets: Tensor) -> Tensor:
    """The right class stands first, as in the example."""
    return -F.log_softmax(logits, dim=1)[:, 0].mean()


@formula("正解のクラスではなく、予測したクラスの損失を計算しています。")
def predicted_class_instead_of_target(logits: Tensor, targets: Tensor) -> Tensor:
    """The class is what the network says."""
    return F.cross_entropy(logits, logits.argmax(dim=1))


@formula("クラス番号から 1 を引いています。番号は 0 から始まります。")
def targets_counted_from_one(logits: Tensor, targets: Tensor) -> Tensor:
    """Classes are counted from 1."""
    return F.cross_entropy(logits, targets - 1)


# Another loss


@formula("正解を使わずに、予測だけのエントロピーを計算しています。")
def entropy_of_prediction(logits: Tensor, targets: Tensor) -> Tensor:
    """Σ p log p is the cross-entropy."""
    p = F.softmax(logits, dim=1)
    return -(p * p.log()).sum(dim=1).mean()


@formula("交差エントロピーではなく、確率と one-hot の平均二乗誤差を計算しています。")
def mse_instead_of_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """A loss is a squared error."""
    p = F.softmax(logits, dim=1)
    return F.mse_loss(p, F.one_hot(targets, logits.shape[1]).to(p.dtype))


@formula("クラスごとに「そうか、そうでないか」の 2 値の交差エントロピーを計算して、N × C で平均しています。")
def binary_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Each class is a binary question."""
    p = F.softmax(logits, dim=1)
    return F.binary_cross_entropy(p, F.one_hot(targets, logits.shape[1]).to(p.dtype))


@formula("softmax ではなく、正解クラスのロジットだけの sigmoid を使っています。")
def sigmoid_instead_of_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    """Only the right logit matters."""
    return -F.logsigmoid(of_right_class(logits, targets)).mean()


@formula("正解の確率が大きい行ほど小さく数えています（focal loss）。")
def focal_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The loss of a paper is the better cross-entropy."""
    p = right_probability(logits, targets)
    return -((1 - p) ** 2 * p.log()).mean()


@formula("正解を 1 ではなく 0.9 に薄めています（label smoothing）。")
def label_smoothing(logits: Tensor, targets: Tensor) -> Tensor:
    """Smoothing belongs to a good loss."""
    return F.cross_entropy(logits, targets, label_smoothing=0.1)


# What comes in, and what comes back


@task("引数の順序が逆です。クラス番号を、ロジットとして扱っています。")
def arguments_in_wrong_order(logits: Tensor, targets: Tensor) -> Tensor:
    """The targets come first."""
    return F.cross_entropy(targets, logits)


@task("最初のサンプルだけを計算しています。")
def first_sample_only(logits: Tensor, targets: Tensor) -> Tensor:
    """The logits are those of one sample."""
    return F.cross_entropy(logits[0], targets[0])


@task("ループの 1 回めで return しているので、最初のサンプルしか足されません。")
def return_in_loop(logits: Tensor, targets: Tensor) -> Tensor:
    """`return` waits for the end of the loop."""
    return F.cross_entropy(logits[0], targets[0]) / len(targets)


@task("スカラーではなく、要素が 1 つの Tensor [1] を返しています。", around=True)
def one_element_vector(loss: Loss) -> Loss:
    """A tensor of one number is a scalar in any shape."""
    return lambda logits, targets: loss(logits, targets).reshape(1)


@task("Tensor ではなく Python の数を返しています。", around=True)
def python_float_returned(loss: Loss) -> Loss:
    """A loss is a number."""
    return lambda logits, targets: loss(logits, targets).item()


@task("Tensor ではなく NumPy の数を返しています。")
def numpy_number_returned(logits: Tensor, targets: Tensor) -> object:
    """Arrays and tensors are the same."""
    z = logits.detach().numpy()
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(z)), targets.numpy()].mean()


@task("損失を計算せずに、損失のオブジェクトを作って返しています。")
def class_instead_of_instance(logits: Tensor, targets: Tensor) -> object:
    """Calling the class computes the loss."""
    return nn.CrossEntropyLoss(logits, targets)


@task("転置されたロジットなど、メモリの上で並びが違う Tensor では、view がエラーになります。")
def view_instead_of_reshape(logits: Tensor, targets: Tensor) -> Tensor:
    """`view` takes every tensor."""
    index = torch.arange(len(logits), device=logits.device) * logits.shape[1] + targets
    return (logits.logsumexp(dim=1) - logits.view(-1)[index]).mean()


@task("受け取ったロジットそのものから最大値を引いていて、入力が書き換わります。")
def max_subtracted_in_place(logits: Tensor, targets: Tensor) -> Tensor:
    """`z -= m` makes a new z."""
    logits -= logits.max(dim=1, keepdim=True).values
    return F.cross_entropy(logits, targets)


@task("途中の結果を、受け取ったロジットに書き込んでいます。")
def log_softmax_written_into_input(logits: Tensor, targets: Tensor) -> Tensor:
    """The caller no longer needs the logits."""
    loss = F.cross_entropy(logits, targets)
    logits.copy_(F.log_softmax(logits, dim=1))
    return loss


@task("受け取ったクラス番号に足し算をしていて、入力が書き換わります。")
def targets_overwritten_by_flat_indices(logits: Tensor, targets: Tensor) -> Tensor:
    """`targets += …` makes new targets."""
    n, c = logits.shape
    targets += torch.arange(n, device=targets.device) * c
    return -F.log_softmax(logits, dim=1).reshape(-1)[targets].mean()


@task("受け取ったクラス番号の形を変えていて、入力が書き換わります。")
def targets_unsqueezed_in_place(logits: Tensor, targets: Tensor) -> Tensor:
    """`unsqueeze_` is `unsqueeze`."""
    targets.unsqueeze_(1)
    return -F.log_softmax(logits, dim=1).gather(1, targets).mean()
