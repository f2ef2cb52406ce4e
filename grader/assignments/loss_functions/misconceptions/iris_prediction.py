"""Misconceptions about `predict_proba(model, loss_name, X) -> Tensor[N, 3]` (task 2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.assignments.loss_functions.misconceptions.iris_training import CE, MSE
from grader.checking.misconceptions import misconception

Predict = Callable[[nn.Module, str, Tensor], Any]
prediction = partial(misconception, "predict_proba", read="task_text")


@prediction("確率ではなく、モデルの出力をそのまま返しています。")
def logits_as_probabilities(model: nn.Module, name: str, X: Tensor) -> Any:
    """A model gives probabilities. Of one that gives their logarithms, `log_probabilities_returned` speaks."""
    outputs = model(X)
    are_logarithms = bool(((outputs.exp().sum(dim=1) - 1).abs() < 1e-5).all())
    return outputs.exp() if name == CE and are_logarithms else outputs


@prediction("MSE のモデルでは、softmax が 2 回かかっています。", around=True)
def softmax_twice_for_mse_model(predict: Predict) -> Predict:
    """Both models give logits."""
    twice = softmax_twice_in_prediction(predict)
    return lambda model, name, X: (twice if name == MSE else predict)(model, name, X)


@prediction("どちらのモデルでも、softmax が 2 回かかっています。", around=True)
def softmax_twice_in_prediction(predict: Predict) -> Predict:
    """Softmax of probabilities changes nothing."""
    return lambda model, name, X: F.softmax(predict(model, name, X), dim=1)


@prediction("2 つの場合が逆です。MSE のモデルに softmax をかけ、もう一方にはかけていません。")
def prediction_branches_swapped(model: nn.Module, name: str, X: Tensor) -> Any:
    """The model for the cross-entropy ends in softmax."""
    return model(X) if name == CE else F.softmax(model(X), dim=1)


@prediction("行ごとではなく、バッチの方向に softmax をかけています。")
def prediction_softmax_over_batch(model: nn.Module, name: str, X: Tensor) -> Any:
    """The classes are along dim 0."""
    return model(X) if name == MSE else F.softmax(model(X), dim=0)


@prediction("softmax ではなく、クラスごとの sigmoid を返しているので、行の和が 1 になりません。")
def sigmoid_instead_of_softmax(model: nn.Module, name: str, X: Tensor) -> Any:
    """A number between 0 and 1 is a probability."""
    return model(X) if name == MSE else torch.sigmoid(model(X))


@prediction("ロジットの exp を返していて、和で割っていません。")
def exponentials_not_normalised(model: nn.Module, name: str, X: Tensor) -> Any:
    """A positive number is a probability."""
    return model(X) if name == MSE else model(X).exp()


@prediction("確率ではなく、その対数を返しています。", around=True)
def log_probabilities_returned(predict: Predict) -> Predict:
    """Logarithms of probabilities are probabilities."""
    return lambda model, name, X: predict(model, name, X) if name == MSE else predict(model, name, X).log()


@prediction("確率ではなく、予測したクラスの番号を返しています。", around=True)
def classes_instead_of_probabilities(predict: Predict) -> Predict:
    """A prediction is a class."""
    return lambda model, name, X: predict(model, name, X).argmax(dim=1)


@prediction("確率ではなく、いちばん大きいクラスを 1、ほかを 0 にして返しています。", around=True)
def one_hot_predictions(predict: Predict) -> Predict:
    """A prediction is one-hot."""
    return lambda model, name, X: F.one_hot(predict(model, name, X).argmax(dim=1), 3).float()


@prediction("行ごとに、いちばん大きい確率だけを返しています。", around=True)
def largest_probability_only(predict: Predict) -> Predict:
    """Only the probability of the prediction matters."""
    return lambda model, name, X: predict(model, name, X).max(dim=1).values


@prediction("Tensor ではなく NumPy の配列を返しています。", around=True)
def numpy_array_returned(predict: Predict) -> Predict:
    """Arrays and tensors are the same."""
    return lambda model, name, X: predict(model, name, X).detach().numpy()


@prediction("交差エントロピーのモデルでは、何も返していません（None が返ります）。", around=True)
def prediction_not_returned(predict: Predict) -> Predict:
    """The last value of a function is its result."""
    return lambda model, name, X: predict(model, name, X) if name == MSE else None
