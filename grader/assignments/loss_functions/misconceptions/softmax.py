"""Misconceptions about `softmax(logits: Tensor[N, C]) -> Tensor[N, C]` (task 1)."""

from __future__ import annotations

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from grader.assignments.loss_functions.misconceptions import softmax_overflow
from grader.assignments.loss_functions.misconceptions.of_tensors import of_tensors
from grader.assignments.loss_functions.misconceptions.softmax_overflow import Softmax, exponentials
from grader.checking.misconceptions import entries_of, misconception

RIGHT: dict[str, Softmax] = {"softmax": partial(F.softmax, dim=1)}
# Logits whose exp overflows or vanishes for some constants that are subtracted, and not for others.
FURTHER = (
    lambda student: student.softmax(torch.tensor([[95.0, 0.0, 0.0], [0.0, 1.0, -1.0]])).question(),
    lambda student: student.softmax(torch.tensor([[-95.0, -96.0], [-90.0, -92.0]])).question(),
    lambda student: student.softmax(torch.tensor([[-120.0, -121.0, -119.0], [2.0, 1.0, 0.0]])).question(),
)

OVERFLOW = entries_of(softmax_overflow)
OF_TENSORS = of_tensors("softmax", read="task_softmax", gradient="what_is_a_loss")
definition = partial(misconception, "softmax", read="logits_and_softmax")
task = partial(misconception, "softmax", read="task_softmax")


# What is normalised


@definition("行ごとではなく、列ごとに和が 1 になるように割っています。")
def softmax_over_batch(logits: Tensor) -> Tensor:
    """The classes are along dim 0."""
    return F.softmax(logits, dim=0)


@definition("行ごとではなく、行列全体で 1 になるように割っています。")
def softmax_over_all_elements(logits: Tensor) -> Tensor:
    """`sum()` sums each row."""
    return F.softmax(logits.flatten(), dim=0).reshape(logits.shape)


@definition("exp の値を返していて、和で割っていません。")
def not_normalised(logits: Tensor) -> Tensor:
    """Positive numbers are probabilities, once they are at most 1."""
    return exponentials(logits)


@definition("ロジットの exp をそのまま返していて、和で割っていません。")
def exponentials_only(logits: Tensor) -> Tensor:
    """Positive numbers are probabilities."""
    return logits.exp()


@definition("exp の和ではなく平均で割っているので、各行の和がクラスの数になります。", around=True)
def divided_by_mean(softmax: Softmax) -> Softmax:
    """To normalise is to divide by the mean."""
    return lambda logits: softmax(logits) * logits.shape[1]


@definition("確率をさらに行の数で割っているので、各行の和が 1 になりません。", around=True)
def divided_by_n_too(softmax: Softmax) -> Softmax:
    """Everything about a batch is a mean over the batch."""
    return lambda logits: softmax(logits) / len(logits)


@definition("割る和の形が [N] のままなので、行ではなく列の方向に合わせて割られます。")
def keepdim_forgotten_in_sum(logits: Tensor) -> Tensor:
    """A sum of each row divides its row."""
    e = exponentials(logits)
    return e / e.sum(dim=1)


@definition("最大値も和も形が [N] になっていて、行ではなく列の方向に合わせて計算されます。")
def keepdim_forgotten_everywhere(logits: Tensor) -> Tensor:
    """A maximum and a sum of each row meet their row."""
    e = torch.exp(logits - logits.max(dim=1).values)
    return e / e.sum(dim=1)


# What becomes of the logits before


@definition("exp を使わずに、ロジットをその和で割っています。")
def exp_forgotten(logits: Tensor) -> Tensor:
    """Softmax is division by the sum."""
    return logits / logits.sum(dim=1, keepdim=True)


@definition("exp の代わりに絶対値を使っています。")
def absolute_values_instead_of_exp(logits: Tensor) -> Tensor:
    """Any positive number will do instead of exp."""
    return logits.abs() / logits.abs().sum(dim=1, keepdim=True)


@definition("exp の代わりに 2 乗を使っています。")
def squares_instead_of_exp(logits: Tensor) -> Tensor:
    """Any positive number will do instead of exp, such as a square."""
    return logits**2 / (logits**2).sum(dim=1, keepdim=True)


@definition("exp の代わりに、行の最小値を引いたロジットを和で割っています。")
def shifted_to_zero_instead_of_exp(logits: Tensor) -> Tensor:
    """Logits only have to be made positive."""
    z = logits - logits.min(dim=1, keepdim=True).values
    return z / z.sum(dim=1, keepdim=True)


@definition("e のべきではなく、2 のべきを使っています。", around=True)
def powers_of_two(softmax: Softmax) -> Softmax:
    """The base does not matter."""
    return lambda logits: softmax(logits * math.log(2))


@definition("e のべきではなく、10 のべきを使っています。", around=True)
def powers_of_ten(softmax: Softmax) -> Softmax:
    """The base does not matter, and 10 is usual."""
    return lambda logits: softmax(logits * math.log(10))


@definition("符号が逆です。ロジットが小さいクラスほど、大きな確率になっています。", around=True)
def sign_flipped(softmax: Softmax) -> Softmax:
    """exp(-z), as in physics."""
    return lambda logits: softmax(-logits)


@definition("softmax が 2 回かかっています。", around=True)
def softmax_twice(softmax: Softmax) -> Softmax:
    """Softmax of probabilities changes nothing."""
    return lambda logits: F.softmax(softmax(logits), dim=1)


@definition("クラスごとに sigmoid をかけているので、行の和が 1 になりません。")
def sigmoid_instead_of_softmax(logits: Tensor) -> Tensor:
    """The two-class example holds for each class."""
    return torch.sigmoid(logits)


@definition("いちばん大きいロジットを 1、ほかを 0 にしています。")
def argmax_one_hot(logits: Tensor) -> Tensor:
    """A softmax says which class is the largest."""
    return F.one_hot(logits.argmax(dim=1), logits.shape[1]).to(logits.dtype)


@definition("ロジットをそのまま返しています。")
def logits_returned(logits: Tensor) -> Tensor:
    """Logits are probabilities already."""
    return logits


@definition("確率ではなく、その対数を返しています。")
def log_softmax_returned(logits: Tensor) -> Tensor:
    """`log_softmax` is a stable softmax."""
    return F.log_softmax(logits, dim=1)


# What comes back


@task("ループの 1 回めで return しているので、最初の行しか返りません。")
def return_in_loop(logits: Tensor) -> Tensor:
    """`return` waits for the end of the loop."""
    return F.softmax(logits[:1], dim=1)


@task("最初の行だけを計算しています。")
def first_row_only(logits: Tensor) -> Tensor:
    """The logits are those of one sample."""
    return F.softmax(logits[0], dim=0)


@task("結果が転置されていて、形が [C, N] になっています。", around=True)
def transposed_result(softmax: Softmax) -> Softmax:
    """After a transposition for the sake of broadcasting all is well."""
    return lambda logits: softmax(logits).T


@task("行が 1 つだけのとき、行の次元が消えています。")
def batch_dimension_squeezed(logits: Tensor) -> Tensor:
    """`squeeze` removes only superfluous dimensions."""
    return F.softmax(logits.squeeze(), dim=-1)


@task("Tensor ではなく NumPy の配列を返しています。", around=True)
def numpy_array_returned(softmax: Softmax) -> Softmax:
    """Arrays and tensors are the same."""
    return lambda logits: softmax(logits).detach().numpy()


@task("転置されたロジットなど、メモリの上で並びが違う Tensor では、view がエラーになります。")
def view_instead_of_reshape(logits: Tensor) -> Tensor:
    """`view` takes every tensor."""
    return F.softmax(logits.view(-1).view(logits.shape), dim=1)


# Gradient, dtype, device, inputs


@misconception(
    "softmax", "分母が計算のつながりから切れているので、勾配が足りません。", read="gradient_of_cross_entropy"
)
def detached_denominator(logits: Tensor) -> Tensor:
    """The denominator is a constant."""
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values.detach())
    return e / e.sum(dim=1, keepdim=True).detach()


@task("受け取ったロジットそのものから最大値を引いていて、入力が書き換わります。")
def max_subtracted_in_place(logits: Tensor) -> Tensor:
    """`z -= m` makes a new z, or `z = logits` copies."""
    logits -= logits.max(dim=1, keepdim=True).values
    return F.softmax(logits, dim=1)


@task("結果を、受け取ったロジットに書き込んでいます。")
def result_written_into_input(logits: Tensor) -> Tensor:
    """The caller no longer needs the logits."""
    p = F.softmax(logits, dim=1)
    logits.copy_(p)
    return p
