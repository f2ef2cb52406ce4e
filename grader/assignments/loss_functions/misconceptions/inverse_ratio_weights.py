"""Misconceptions about `inverse_ratio_weights(ratios) -> Tensor[C] float32` (task 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grader.checking.misconceptions import misconception

Ratios = Sequence[float] | Tensor
Weights = Callable[[Ratios], Any]


def tensor_of(ratios: Ratios) -> Tensor:
    """The ratios as Tensor[C] float32."""
    return torch.as_tensor(ratios, dtype=torch.float32)


def inverse(ratios: Ratios) -> Tensor:
    """1 / ratio, Tensor[C] float32."""
    return 1 / tensor_of(ratios)


RIGHT: dict[str, Weights] = {"inverse_ratio_weights": inverse}
# Few and many classes, and ratios of classes that are hardly there.
FURTHER = (
    lambda student: student.inverse_ratio_weights([0.02, 0.3, 0.68]).question(),
    lambda student: student.inverse_ratio_weights([0.7, 0.3]).question(),
    lambda student: student.inverse_ratio_weights(
        [0.004, 0.036, 0.06, 0.15, 0.05, 0.1, 0.12, 0.08, 0.2, 0.05, 0.15]
    ).question(),
)

weighting = partial(misconception, "inverse_ratio_weights", read="weighting_text")
task = partial(misconception, "inverse_ratio_weights", read="task_weights")


# Another function of the ratio


@weighting("割合の逆数ではなく、割合そのものが重みになっています。")
def weights_not_inverted(ratios: Ratios) -> Tensor:
    """A weight is how much of a class there is."""
    return tensor_of(ratios)


@weighting("割合を和で割っただけで、逆数にしていません。")
def ratios_normalised(ratios: Ratios) -> Tensor:
    """To weight is to normalise."""
    return tensor_of(ratios) / tensor_of(ratios).sum()


@weighting("逆数ではなく、割合に負号を付けています。")
def ratio_negated(ratios: Ratios) -> Tensor:
    """The inverse of a number is its negative."""
    return -tensor_of(ratios)


@weighting("逆数に負号が付いていて、重みが負になっています。", around=True)
def inverse_negated(weights: Weights) -> Weights:
    """Losses have a minus sign."""
    return lambda ratios: -weights(ratios)


@weighting("逆数ではなく、1 から割合を引いています。")
def one_minus_ratio(ratios: Ratios) -> Tensor:
    """1 - x is as good as 1 / x."""
    return 1 - tensor_of(ratios)


@weighting("逆数ではなく、いちばん大きい割合との差になっています。いちばん多いクラスの重みが 0 です。")
def difference_to_largest_ratio(ratios: Ratios) -> Tensor:
    """A rare class lacks what the largest has."""
    return tensor_of(ratios).max() - tensor_of(ratios)


@weighting("割合ではなく、割合の平方根の逆数になっています。")
def inverse_square_root(ratios: Ratios) -> Tensor:
    """Damped weights are better."""
    return 1 / tensor_of(ratios).sqrt()


@weighting("割合ではなく、割合の 2 乗の逆数になっています。")
def inverse_square(ratios: Ratios) -> Tensor:
    """Stronger weights are better."""
    return 1 / tensor_of(ratios) ** 2


@weighting("逆数ではなく、割合の対数に負号を付けています。")
def minus_log_of_ratio(ratios: Ratios) -> Tensor:
    """A rare class has more information."""
    return -tensor_of(ratios).log()


@weighting("逆数ではなく、exp(−割合) に比例する重みになっています。")
def exp_of_minus_ratio(ratios: Ratios) -> Tensor:
    """exp(-x) falls, as 1 / x does."""
    return torch.exp(-tensor_of(ratios))


@weighting("逆数ではなく、負号を付けた割合の softmax になっています。")
def softmax_of_negative_ratios(ratios: Ratios) -> Tensor:
    """Weights are normalised with softmax."""
    return torch.softmax(-tensor_of(ratios), dim=0)


@weighting("逆数に softmax をかけているので、1 / 割合 に比例しません。", around=True)
def softmax_of_inverse(weights: Weights) -> Weights:
    """Softmax normalises, and changes nothing else."""
    return lambda ratios: torch.softmax(weights(ratios), dim=0)


@weighting("割合の値ではなく、順位が重みになっています。")
def ranks_as_weights(ratios: Ratios) -> Tensor:
    """Only the order matters."""
    return (tensor_of(ratios).argsort(descending=True).argsort() + 1).float()


@weighting("どのクラスの重みも 1 になっています。")
def equal_weights(ratios: Ratios) -> Tensor:
    """Balanced means equal."""
    return torch.ones(len(ratios))


@weighting("逆数の小数が切り捨てられています。")
def inverse_truncated(ratios: Ratios) -> Tensor:
    """// is division."""
    return 1 // tensor_of(ratios)


@weighting("逆数を整数に丸めています。", around=True)
def inverse_rounded(weights: Weights) -> Weights:
    """Weights are whole numbers."""
    return lambda ratios: torch.round(weights(ratios))


# Another class's weight


@task("割合を小さい順に並べかえているので、重みが別のクラスのものになります。")
def ratios_sorted(ratios: Ratios) -> Tensor:
    """Sorting helps, and harms nothing."""
    return inverse(sorted(float(ratio) for ratio in ratios))


@task("割合を大きい順に並べかえているので、重みが別のクラスのものになります。")
def ratios_sorted_descending(ratios: Ratios) -> Tensor:
    """The ratios are sorted anyway."""
    return inverse(sorted((float(ratio) for ratio in ratios), reverse=True))


@weighting("逆数にする代わりに、割合を逆の順に並べています。")
def ratios_reversed(ratios: Ratios) -> Tensor:
    """The ratios fall, so reversing inverts them."""
    return tensor_of(ratios).flip(0)


@task("重みが逆の順に並んでいるので、別のクラスのものになります。", around=True)
def weights_reversed(weights: Weights) -> Weights:
    """The largest weight must come first, too."""
    return lambda ratios: weights(ratios).flip(0)


@task("ループが 1 つ早く終わっていて、最後のクラスの重みが 0 のままです。")
def last_class_forgotten(ratios: Ratios) -> Tensor:
    """range(C - 1) ends at C - 1."""
    return torch.cat([inverse(ratios)[:-1], torch.zeros(1)])


@task("引数の ratios を使わずに、講義の 10 クラスの割合から決めた重みを返しています。")
def lecture_ratios_instead_of_argument(ratios: Ratios) -> Tensor:
    """There is only one list of ratios."""
    return inverse([0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05])


# What comes in, and what comes back


@task("float32 ではなく float64 の重みを返しています。")
def float64_weights(ratios: Ratios) -> Tensor:
    """More digits never hurt."""
    return 1 / torch.as_tensor(ratios, dtype=torch.float64)


@task("float64 の Tensor を受け取ると、重みも float64 になります。")
def input_dtype_kept(ratios: Ratios) -> Tensor:
    """Ratios are float32 already."""
    return 1 / torch.as_tensor(ratios)


@task("リストやタプルのまま割り算をしています。")
def division_of_a_list(ratios: Any) -> Any:
    """A list divides as a tensor does."""
    return 1 / ratios


@task("リストと Tensor は受け取れますが、タプルではエラーになります。")
def tuple_not_accepted(ratios: Any) -> Tensor:
    """What is no list is a tensor."""
    given = torch.tensor(ratios) if isinstance(ratios, list) else ratios
    return 1 / given.float()


@task("受け取ったリストに重みを書き込んでいます。タプルではエラーになり、リストは書き換わります。")
def list_overwritten(ratios: Any) -> Tensor:
    """The caller no longer needs the ratios."""
    for i in range(len(ratios)):
        ratios[i] = 1 / ratios[i]
    return tensor_of(ratios)


@task("Tensor ではなくリストを返しています。")
def list_returned(ratios: Ratios) -> list[float]:
    """Lists and tensors are the same."""
    return [1 / float(ratio) for ratio in ratios]


@task("Tensor ではなく NumPy の配列を返しています。")
def numpy_array_returned(ratios: Ratios) -> object:
    """Arrays and tensors are the same."""
    return 1 / np.array(ratios, dtype=np.float32)


@task("形が [C] ではなく [1, C] になっています。", around=True)
def row_matrix(weights: Weights) -> Weights:
    """A vector is a matrix with one row."""
    return lambda ratios: weights(ratios)[None]


@task("形が [C] ではなく [C, 1] になっています。", around=True)
def column_vector(weights: Weights) -> Weights:
    """A vector is a column."""
    return lambda ratios: weights(ratios)[:, None]


@task("重みを計算していますが、何も返していません（None が返ります）。", around=True)
def return_forgotten(weights: Weights) -> Weights:
    """The last value of a function is its result, or printing is returning."""

    def without_return(ratios: Ratios) -> None:
        weights(ratios)

    return without_return
