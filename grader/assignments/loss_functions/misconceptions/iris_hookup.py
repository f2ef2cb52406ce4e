"""Misconceptions about `make_model`, `loss_functions` and `predict_proba` (task 2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.assignments.loss_functions.misconceptions import iris_prediction
from grader.assignments.loss_functions.misconceptions.iris_training import CE, MSE, mse_loss, probability_model, right
from grader.checking.misconceptions import entries_of, misconception
from grader.student.proxy import Question, Student, overwritten, together

Loss = Callable[[Tensor, Tensor], Any]
MakeModel = Callable[[str], Any]

RIGHT = right(partial(nn.Linear, 2, 3), F.cross_entropy, lambda model, X: F.softmax(model(X), dim=1))
ALSO_RIGHT = (
    right(probability_model, lambda p, targets: F.nll_loss(p.log(), targets), lambda model, X: model(X)),
    right(lambda: nn.Sequential(nn.Linear(2, 3), nn.LogSoftmax(dim=1)), F.nll_loss, lambda model, X: model(X).exp()),
)


def change_of_other_model(student: Student, loss: str, other_loss: str) -> Question:
    """The outputs of a model, before and after another one's layer has been changed."""
    X, weights = torch.tensor([[1.0, -2.0], [0.5, 1.5]]), torch.tensor([[1.0, -0.5], [-0.75, 0.5], [0.25, 0.75]])
    model, other = student.make_model(loss), student.make_model(other_loss)
    own = overwritten(model, weights, torch.zeros(3))
    return together(own(X), overwritten(other, weights.flip(0), torch.ones(3)), model(X)).question()


FURTHER = (
    partial(change_of_other_model, loss=MSE, other_loss=CE),
    partial(change_of_other_model, loss=CE, other_loss=CE),
)

PREDICTION = entries_of(iris_prediction)
model = partial(misconception, "make_model", read="task_text")
loss = partial(misconception, f"loss_functions[{CE}]", read="task_text")
given_loss = partial(misconception, f"loss_functions[{MSE}]", read="model_text")


def is_distribution(outputs: Tensor) -> bool:
    """Whether a model gave probabilities, as one that ends in softmax does."""
    return bool((outputs >= 0).all()) and bool(((outputs.sum(dim=1) - 1).abs() < 1e-5).all())


def probabilities(outputs: Tensor) -> Tensor:
    """The probabilities in the outputs of a right model of any kind."""
    return outputs if is_distribution(outputs) else F.softmax(outputs, dim=1)


def of_right_class(values: Tensor, targets: Tensor) -> Tensor:
    """Of each row of Tensor[N, 3], the value of its target: Tensor[N]."""
    return values.gather(1, targets[:, None]).squeeze(1)


# The loss


@loss("softmax が 2 回かかっています（確率を、もう一度ロジットとして扱っています）。", around=True)
def softmax_twice(loss: Loss) -> Loss:
    """A model for classification ends in softmax, and `nn.CrossEntropyLoss` takes what a model gives."""
    return lambda outputs, targets: loss(F.softmax(outputs, dim=1), targets)


@loss("対数をとらずに、正解クラスの確率に負号を付けて平均しています。")
def log_forgotten(outputs: Tensor, targets: Tensor) -> Tensor:
    """`nn.NLLLoss` takes the logarithm itself."""
    return F.nll_loss(probabilities(outputs), targets)


@loss("softmax も対数も通さずに、正解クラスのロジットに負号を付けて平均しています。")
def softmax_forgotten(outputs: Tensor, targets: Tensor) -> Tensor:
    """`nn.NLLLoss` takes logits."""
    return F.nll_loss(outputs.log() if is_distribution(outputs) else outputs, targets)


@loss("確率ではなく、ロジットの対数をとっています。")
def log_of_logits(outputs: Tensor, targets: Tensor) -> Tensor:
    """A model gives probabilities."""
    return -(of_right_class(outputs, targets) + 1e-8).log().mean()


@loss("自然対数ではなく、2 を底とする対数になっています。", around=True)
def log_base_two(loss: Loss) -> Loss:
    """Entropy is measured in bits."""
    return lambda outputs, targets: loss(outputs, targets) / math.log(2)


@loss("対数の平均ではなく、平均の対数をとっています。")
def log_of_mean_probability(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean and logarithm may be exchanged."""
    return -of_right_class(probabilities(outputs), targets).mean().log()


@loss("バッチの平均ではなく、和になっています。", around=True)
def sum_instead_of_mean(loss: Loss) -> Loss:
    """The formula says Σ."""
    return lambda outputs, targets: loss(outputs, targets) * len(targets)


@loss("N ではなく N × C で割っています（one-hot の 0 まで数えて平均しています）。", around=True)
def mean_over_classes_too(loss: Loss) -> Loss:
    """`mean()` of the one-hot product is the mean over samples."""
    return lambda outputs, targets: loss(outputs, targets) / 3


@loss("平均をとらずに、行ごとの損失を返しています。")
def no_reduction(outputs: Tensor, targets: Tensor) -> Tensor:
    """A loss is one number a sample."""
    return F.cross_entropy(outputs, targets, reduction="none")


@loss("符号が逆です（負号がありません）。", around=True)
def sign_missing(loss: Loss) -> Loss:
    """The mean logarithm is the loss."""
    return lambda outputs, targets: -loss(outputs, targets)


@loss("正解のクラスではなく、予測したクラスの損失を計算しています。", around=True)
def predicted_class_instead_of_target(loss: Loss) -> Loss:
    """The class is what the model says."""
    return lambda outputs, targets: loss(outputs, outputs.argmax(dim=1))


@loss("クラス番号から 1 を引いています。番号は 0 から始まります。", around=True)
def targets_counted_from_one(loss: Loss) -> Loss:
    """Classes are counted from 1."""
    return lambda outputs, targets: loss(outputs, targets - 1)


@loss("引数の順序が逆です。クラス番号を、モデルの出力として扱っています。", around=True)
def arguments_in_wrong_order(loss: Loss) -> Loss:
    """The targets come first."""
    return lambda outputs, targets: loss(targets, outputs)


@loss("交差エントロピーではなく、平均二乗誤差を計算しています。")
def mse_instead_of_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """One loss is as good as the other."""
    return mse_loss(probabilities(outputs), targets)


@loss("クラスごとに「そうか、そうでないか」の 2 値の交差エントロピーを計算して、N × C で平均しています。")
def binary_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Each class is a binary question."""
    return F.binary_cross_entropy(probabilities(outputs), F.one_hot(targets, 3).to(outputs.dtype))


@loss("正解を 1 ではなく 0.9 に薄めています（label smoothing）。")
def label_smoothing(outputs: Tensor, targets: Tensor) -> Tensor:
    """Smoothing belongs to a good loss."""
    return F.cross_entropy(outputs, targets, label_smoothing=0.1)


@loss("損失のオブジェクトではなく、クラスが入っています（丸括弧がありません）。")
def class_instead_of_instance(outputs: Tensor, targets: Tensor) -> object:
    """A class can be called as its objects can."""
    return nn.CrossEntropyLoss(outputs, targets)


@loss("計算のつながりが切れていて、勾配がモデルまで流れません。", around=True)
def detached(loss: Loss) -> Loss:
    """A gradient needs no graph."""
    return lambda outputs, targets: loss(outputs, targets).detach()


@loss("exp の和が計算のつながりから切れているので、勾配に p の項がありません。")
def detached_normaliser(outputs: Tensor, targets: Tensor) -> Tensor:
    """The normaliser is a constant."""
    return (outputs.logsumexp(dim=1).detach() - of_right_class(outputs, targets)).mean()


# The given loss


@given_loss("用意された MSE が、N × C ではなく N で割るように変わっています。", around=True)
def mse_divided_by_n_only(mse: Loss) -> Loss:
    """The formula of the lecture divides by N."""
    return lambda outputs, targets: mse(outputs, targets) * 3


@given_loss("用意された MSE が、2 乗ではなく絶対値の平均に変わっています。")
def absolute_error_instead_of_mse(outputs: Tensor, targets: Tensor) -> Tensor:
    """An error is an absolute value."""
    return F.l1_loss(outputs, F.one_hot(targets, 3).to(outputs.dtype))


@given_loss("用意された MSE が、交差エントロピーに変わっています。")
def cross_entropy_instead_of_mse(outputs: Tensor, targets: Tensor) -> Tensor:
    """The task is about cross-entropy, so both losses are."""
    return F.nll_loss(outputs.log(), targets)


@given_loss("MSE の側で、確率にもう一度 softmax がかかっています。", around=True)
def mse_of_softmax_twice(mse: Loss) -> Loss:
    """The model gives logits."""
    return lambda outputs, targets: mse(F.softmax(outputs, dim=1), targets)


# The model


@model("MSE のモデルから softmax がなくなっていて、ロジットの二乗誤差になります。", around=True)
def mse_of_logits(make_model: MakeModel) -> MakeModel:
    """One model is right for both losses."""
    return lambda name: nn.Linear(2, 3) if name == MSE else make_model(name)


@model("交差エントロピーのモデルで、行ごとではなくバッチの方向に softmax をかけています。", around=True)
def softmax_over_batch(make_model: MakeModel) -> MakeModel:
    """The classes are along dim 0."""
    return lambda name: make_model(name) if name == MSE else nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=0))


@model("線形層のあとに ReLU があるので、負のロジットが 0 になります。", around=True)
def relu_on_logits(make_model: MakeModel) -> MakeModel:
    """Each layer has an activation function."""
    return lambda name: make_model(name) if name == MSE else nn.Sequential(make_model(name), nn.ReLU())


@model("線形層のあとに sigmoid があるので、ロジットが 0 から 1 までになります。", around=True)
def sigmoid_on_logits(make_model: MakeModel) -> MakeModel:
    """The last layer gives probabilities."""
    return lambda name: make_model(name) if name == MSE else nn.Sequential(make_model(name), nn.Sigmoid())


@model("交差エントロピーのモデルを作っていますが、返していません（None が返ります）。", around=True)
def model_not_returned(make_model: MakeModel) -> MakeModel:
    """The last value of a function is its result."""
    return lambda name: make_model(name) if name == MSE else None


@model("呼ぶたびに新しく作らずに、1 つのモデルを何度も返しています。", around=True)
def same_model_at_every_call(make_model: MakeModel) -> MakeModel:
    """A model is made once."""
    return cache(make_model)


@model("2 つの損失のモデルが、同じ 1 つの線形層を使っています。", around=True)
def one_layer_for_both_losses(make_model: MakeModel) -> MakeModel:
    """A layer can be used twice, and stays the same."""
    layer = nn.Linear(2, 3)
    return lambda name: nn.Sequential(layer, nn.Softmax(dim=1)) if name == MSE else nn.Sequential(layer)
