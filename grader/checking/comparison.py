"""Comparing an answer with the right one, and saying how they differ."""

from __future__ import annotations

from typing import Any, NoReturn

import torch

from grader.errors import Mismatch, StudentRaised
from grader.student.proxy import Answer, Expression, Student, show
from grader.wire import Opaque

DEVICE_NAMES = {"meta": "meta（どのデバイスでもよいことを確かめるための、値のないデバイス）"}


def tolerance(*tensors: torch.Tensor) -> float:
    """Relative and absolute tolerance for answers that were computed from `tensors`.

    No more accuracy is asked than the plainest stable formula has: in `exp(z - logsumexp(z))` the difference is off by
    `eps × max|z|`, and so is the result, relatively. Factors: the bank's right answers reach 60 eps and 3 eps × max|z|.
    """
    eps = torch.finfo(tensors[0].dtype).eps
    largest = max(float(t.abs().max()) for t in tensors)
    return eps * (200 + 8 * largest)


def assert_close(
    actual: Expression | Any, expected: torch.Tensor, *, tol: float = 1e-4, asked: object = "", dtype: bool = False
) -> None:
    """`actual` is a tensor of the same shape as `expected` with |actual − expected| ≤ tol + tol·|expected| everywhere.

    `tol`: in the unit of the values. `dtype`: must agree too. `asked`: says what `actual` is where it is no expression.
    Raises Mismatch; what an `Expression` raises passes through.
    """
    if isinstance(actual, Expression):
        asked, actual = actual, actual.value()  # put into words only where it fails: that takes 20 µs
    assert_shape(actual, expected, asked)
    if dtype and actual.dtype != expected.dtype:
        fail(asked, str(actual.dtype), str(expected.dtype))
    if not torch.is_floating_point(actual):
        fail(asked, str(actual.dtype), str(expected.dtype))
    got, right = actual.detach().double(), expected.detach().double()
    difference = (got - right).abs()
    close = (difference <= tol + tol * right.abs()) | (got == right)  # so written that nan is never close
    if not bool(close.all()):
        excess = torch.where(close, -1.0, difference.nan_to_num(torch.inf))
        index = int(excess.argmax())
        where = [int(i) for i in torch.unravel_index(torch.tensor(index), got.shape)]
        largest = float(difference.flatten()[index])
        place = f"、場所 {where}" if where else ""
        fail(asked, show(actual), show(expected), f"差は最大 {largest:.3g}{place}、許される差 {tol:.1g}")


def assert_shape(actual: Any, expected: torch.Tensor, asked: object) -> None:
    """`actual` is a tensor with data, of the same shape as `expected`. Raises Mismatch."""
    if not isinstance(actual, torch.Tensor):
        fail(asked, f"{kind(actual)}", f"Tensor{list(expected.shape)}")
    if actual.shape != expected.shape:
        fail(asked, f"形 {list(actual.shape)}", f"形 {list(expected.shape)}")
    if actual.is_meta:
        fail(asked, "meta デバイスのテンソル", str(expected.device))


def assert_unmodified(answer: Answer, *sent: torch.Tensor, asked: str) -> None:
    """The tensors of the question are as they were. Raises Mismatch."""
    for before, after in zip(sent, answer.inputs, strict=True):
        same = before.shape == after.shape and before.dtype == after.dtype and not after.is_meta
        if not (same and torch.equal(before, after.detach())):
            fail(f"{asked} を呼んだあとの入力", show(after), show(before), "入力が書き換えられています")


def assert_device(question: Expression, device: str = "cuda") -> None:
    """With its tensors on `device` the answer is there too. Raises Mismatch.

    Only torch's word about two devices and an answer elsewhere tell; any other exception proves nothing, since code
    that looks at values (loops, `.item()`) cannot run without data.
    """
    named = DEVICE_NAMES.get(device, device)
    try:
        where = question.device_of(device)
    except StudentRaised as error:
        if "DeviceMismatch" in error.name or "two different devices" in error.message:
            reason = error.message.partition("\n")[0][:160]
            fail(f"{named} のテンソルでの計算", reason, f"すべて {device} の上で計算する")
        return
    if not isinstance(where, torch.device) or where.type != device:
        fail(f"{named} のテンソルへの答え", str(where) if isinstance(where, torch.device) else kind(where), device)


def assert_gradient(gradient: torch.Tensor | None, expected: torch.Tensor, *, tol: float, asked: str) -> None:
    """A gradient flowed, and is the right one. Raises Mismatch."""
    if gradient is None:
        fail(f"{asked} の勾配", "なし（計算のつながりが切れています）", show(expected))
    assert_close(gradient, expected, tol=tol, asked=f"{asked} の勾配")


def is_close(gradient: torch.Tensor | None, expected: torch.Tensor) -> bool:
    """Whether it is the right one, within 1e-4."""
    try:
        assert_gradient(gradient, expected, tol=1e-4, asked="")
    except Mismatch:
        return False
    return True


def answers(question: Expression, count: int) -> list[Any]:
    """What the parts of `student.together` gave. Raises Mismatch, and what an `Expression` raises."""
    value = question.value()
    if not isinstance(value, list) or len(value) != count:
        fail(question, kind(value), f"{count} 個の答え")
    return value


def trained(student: Student, loss_name: str) -> Any:
    """What the training cells have noted under that name. Raises Mismatch where they have not come that far."""
    try:
        return student.histories[loss_name].value()
    except StudentRaised as error:
        if error.name not in ("KeyError", "NameError"):
            raise
        hint = "学習のセルの出力に、エラーが出ていないか見てください"
        fail(f"histories[{loss_name!r}]", "ありません", "学習のセルが最後まで動くと入ります", hint)


def fail(asked: object, got: str, expected: str, difference: str = "") -> NoReturn:
    """Raise a Mismatch. `asked`: its text says what was asked."""
    raise Mismatch(str(asked), got, expected, difference)


def kind(value: Any) -> str:
    """What a value is, for a message: `None`, `tuple`, `generator`."""
    if value is None:
        return "None"
    return value.type_name if isinstance(value, Opaque) else type(value).__name__
