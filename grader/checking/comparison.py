"""Compare an answer with the right one: `assert_close` and its siblings raise a Mismatch that says how they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import torch

from grader.checking.wording import N_, gettext
from grader.errors import Mismatch, StudentRaised
from grader.student.proxy import (
    Answer,
    Expression,
    Student,
    format_tensor,
    overwritten,
    storage_of,
    together,
    with_strides,
)
from grader.wire import Opaque

MAX_PICTURED = 24  # numbers of one tensor in a picture, as many as `format_tensor` writes
DEVICE_NAMES = {"meta": N_("meta（どのデバイスでもよいことを確かめるための、値のないデバイス）")}


def tolerance(*tensors: torch.Tensor) -> float:
    """Relative and absolute tolerance for answers that are computed from `tensors`: eps × (200 + 8 max|tensors|).

    It admits the simplest stable formula: the rounding error of `exp(z - logsumexp(z))` is eps × max|z|, relative.
    Factors: the right answers of the answer bank reach 60 eps and 3 eps × max|z|.
    """
    eps = torch.finfo(tensors[0].dtype).eps
    largest = max(float(t.abs().max()) for t in tensors)
    return eps * (200 + 8 * largest)


def assert_close(
    actual: Expression | Any,
    expected: torch.Tensor,
    *,
    tol: float = 1e-4,
    asked: object = "",
    dtype: bool = False,
    relative: bool = False,
) -> None:
    """`actual` is a tensor of the same shape as `expected` with |actual − expected| ≤ tol + tol·|expected| everywhere.

    relative: within tol·|expected| instead. dtype: must be equal too. asked: the text of the question where `actual`
    is not an Expression. Raises Mismatch, and what the question raises.
    """
    if isinstance(actual, Expression):
        asked, actual = actual, actual.value()  # described only in case of failure: that takes 20 µs
    assert_shape(actual, expected, asked)
    if dtype and actual.dtype != expected.dtype:
        fail(asked, str(actual.dtype), str(expected.dtype))
    if not torch.is_floating_point(actual):
        fail(asked, str(actual.dtype), str(expected.dtype))
    got, right = actual.detach().double(), expected.detach().double()
    difference = (got - right).abs()
    close = (difference <= (0 if relative else tol) + tol * right.abs()) | (got == right)  # nan is never close
    if not bool(close.all()):
        excess = torch.where(close, -1.0, difference.nan_to_num(torch.inf))
        index = int(excess.argmax())
        where = [int(i) for i in torch.unravel_index(torch.tensor(index), got.shape)]
        largest = float(difference.flatten()[index])
        allowed = gettext("正解の {factor} 倍").format(factor=f"{tol:.1g}") if relative else f"{tol:.1g}"
        how = gettext("差は最大 {largest}、場所 {where}、許される差 {allowed}")
        if not where:
            how = gettext("差は最大 {largest}、許される差 {allowed}")
        how = how.format(largest=f"{largest:.3g}", where=where, allowed=allowed)
        fail(asked, format_tensor(actual), format_tensor(expected), how, (numbers_of(actual), numbers_of(expected)))


def assert_shape(actual: Any, expected: torch.Tensor, asked: object) -> None:
    """`actual` is a tensor with data and the shape of `expected`. Raises Mismatch."""
    if not isinstance(actual, torch.Tensor):
        fail(asked, f"{kind(actual)}", f"Tensor{list(expected.shape)}")
    if actual.shape != expected.shape:
        of_shape = gettext("形 {shape}")
        fail(asked, of_shape.format(shape=list(actual.shape)), of_shape.format(shape=list(expected.shape)))
    if actual.is_meta:
        fail(asked, gettext("meta デバイスのテンソル"), str(expected.device))


def assert_unmodified(answer: Answer, *sent: torch.Tensor, asked: str) -> None:
    """The question's tensors `sent` have not been modified in place. Raises Mismatch."""
    for before, after in zip(sent, answer.inputs, strict=True):
        same = before.shape == after.shape and before.dtype == after.dtype and not after.is_meta
        if not (same and torch.equal(before, after.detach())):
            modified = format_tensor(after), format_tensor(before), gettext("入力が書き換えられています")
            fail(gettext("{asked} を呼んだあとの入力").format(asked=asked), *modified)


def assert_device(question: Expression, device: str = "cuda") -> None:
    """The answer is on the device of the question's tensors, here `device`. Raises Mismatch.

    Asked with fake tensors, which have no data. Proof of a mistake is torch's error about two devices, or a result on
    another device. Any other exception proves nothing: code that reads values (loops, `.item()`) cannot run then.
    """
    named = gettext(DEVICE_NAMES.get(device, device))
    try:
        where = question.device_of(device)
    except StudentRaised as error:
        if names_two_devices(error.name, error.message):
            reason = error.message.partition("\n")[0][:160]
            where_asked = gettext("{device} のテンソルでの計算").format(device=named)
            fail(where_asked, reason, gettext("すべて {device} の上で計算する").format(device=device))
        return
    if not isinstance(where, torch.device) or where.type != device:
        got = str(where) if isinstance(where, torch.device) else kind(where)
        fail(gettext("{device} のテンソルへの答え").format(device=named), got, device)


def names_two_devices(name: str, message: str) -> bool:
    """Whether an exception is torch's about tensors on two devices."""
    return "DeviceMismatch" in name or "two different devices" in message


def assert_gradient(gradient: torch.Tensor | None, expected: torch.Tensor, *, tol: float, asked: str) -> None:
    """There is a gradient, and it is close to `expected`. Raises Mismatch."""
    asked = gettext("{asked} の勾配").format(asked=asked)
    if gradient is None:
        fail(asked, gettext("なし（計算のつながりが切れています）"), format_tensor(expected))
    assert_close(gradient, expected, tol=tol, asked=asked)


def is_close(gradient: torch.Tensor | None, expected: torch.Tensor) -> bool:
    """Whether there is a gradient within 1e-4 of `expected`."""
    try:
        assert_gradient(gradient, expected, tol=1e-4, asked="")
    except Mismatch:
        return False
    return True


def keeps_float64(
    question: Expression, expected: torch.Tensor, gradient: torch.Tensor, cotangent: torch.Tensor | None = None
) -> bool:
    """Whether an answer in float64 is as accurate as that, and its gradient too if it is right in float32.

    Otherwise its mistake is that of `dtype`, and other checks ask it in float32.
    """
    tol = 4 * tolerance(expected)
    try:
        answer = question.answer(cotangent)
        assert_close(answer.value, expected, tol=tol)
        if is_close(answer.gradients[0], gradient):
            assert_gradient(answer.gradients[0], gradient, tol=tol, asked="")
    except (Mismatch, StudentRaised):
        return False
    return True


def raises(question: Expression) -> bool:
    """Whether the value cannot be computed."""
    try:
        question.value()
    except StudentRaised:
        return True
    return False


def assert_close_unless_too_deep(question: Expression, expected: torch.Tensor) -> None:
    """`assert_close`, but a RecursionError is no mistake: recursion over rows is right up to Python's limit."""
    try:
        assert_close(question, expected)
    except StudentRaised as error:
        if error.name != "RecursionError":
            raise


class Differentiated(NamedTuple):
    """A question about logits of any strides, its right value, and its right gradient for a cotangent."""

    question: Expression
    logits: torch.Tensor
    value: torch.Tensor
    cotangent: torch.Tensor
    gradient: torch.Tensor
    asked: str


def assert_gradients_if_close(cases: Sequence[Differentiated]) -> None:
    """Compare the gradients, unless a value is wrong or raises: `values` judges that. Raises Mismatch."""
    answers = []
    for case in cases:
        try:
            answer = case.question.answer(case.cotangent)
        except StudentRaised as error:
            if error.name == "RecursionError":
                continue
            if raises(case.question):
                return
            raise
        if not is_close(answer.value, case.value):
            return
        answers.append((case, answer))
    for case, answer in answers:
        gradient, logits = answer.gradients[0], case.logits
        if gradient is not None and not logits.is_contiguous():  # that of the whole storage
            gradient = torch.as_strided(gradient, logits.shape, logits.stride(), logits.storage_offset())
        assert_gradient(gradient, case.gradient, tol=3e-4, asked=case.asked)


def assert_unmodified_if_answered(question: Expression, *sent: torch.Tensor) -> None:
    """Tensors have not been modified, nor the storage of those that were sent with their strides. Raises Mismatch.

    Another check judges an answer that raises.
    """
    try:
        answer = question.answer(gradient=False)
    except StudentRaised:
        return
    stored = [tensor if tensor.is_contiguous() else storage_of(tensor) for tensor in sent]
    assert_unmodified(answer, *stored, asked=repr(question))


def is_modified(answer: Answer, *sent: torch.Tensor) -> bool:
    """Whether one of the question's tensors has been modified."""
    try:
        assert_unmodified(answer, *sent, asked="")
    except Mismatch:
        return True
    return False


def before_and_after_overwriting(
    student: Student, function: Expression, before: Sequence[torch.Tensor], after: Sequence[torch.Tensor]
) -> tuple[Any, Any]:
    """Two values of `function` for the same tensors, which hold `before` first and then `after`."""
    tensors = [with_strides(student, tensor) for tensor in before]
    overwrites = [overwritten(tensor, value) for tensor, value in zip(tensors, after, strict=True)]
    values = values_of(together(function(*tensors), *overwrites, function(*tensors)), 2 + len(tensors))
    return values[0], values[-1]


def values_of(question: Expression, count: int) -> list[Any]:
    """The values of `together(…)`, a list of `count`. Raises Mismatch, and what the question raises."""
    value = question.value()
    if not isinstance(value, list) or len(value) != count:
        fail(question, kind(value), gettext("{count} 個の答え").format(count=count))
    return value


def numbers_of(tensor: torch.Tensor) -> Any:
    """A small tensor as nested lists for a picture, nan and infinities as text; None for others.

    Small: a scalar, vector or matrix of 1 to MAX_PICTURED elements.
    """
    if tensor.is_meta or tensor.dim() > 2 or not 0 < tensor.numel() <= MAX_PICTURED:
        return None

    def plain(item: Any) -> Any:
        if isinstance(item, list):
            return [plain(part) for part in item]
        return float(item) if math.isfinite(item) else str(float(item))

    return plain(tensor.detach().cpu().tolist())


def fail(
    asked: object, got: str, expected: str, difference: str = "", numbers: tuple[Any, Any] = (None, None)
) -> NoReturn:
    """Raise a Mismatch. asked: its text is the question. numbers: of answer and right answer, by `numbers_of`."""
    raise Mismatch(str(asked), got, expected, difference, None if None in numbers else numbers)


def kind(value: Any) -> str:
    """The type of a value, for a message: `None`, `tuple`, `generator`."""
    if value is None:
        return "None"
    return value.type_name if isinstance(value, Opaque) else type(value).__name__
