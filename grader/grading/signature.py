"""What one answer gives, in a form that can be compared: numbers within a tolerance, the rest exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from grader.checking.comparison import names_two_devices
from grader.sandbox.runtime.messages import Raised, answer_from_wire
from grader.sandbox.runtime.questions import Question, Value
from grader.wire import Opaque

SAMPLED = 64  # elements that are compared of a larger tensor, evenly spaced
EXACT = 1e-11  # of float64; logits rounded to float32 are off by about 1e-9, probabilities by less
NUMBER = re.compile(r"\d+")
TWO_DEVICES, NO_DATA = "two devices", "no data"  # what an exception with fake tensors tells: see `assert_device`
ABSOLUTE, RELATIVE = 1e-4, 1e-5  # two formulas for the same mistake in float32, also on logits within ±1e4


@dataclass(frozen=True)
class Numbers:
    """A tensor. kind: shape, dtype and device. sample: at most SAMPLED of its elements, Tensor[K] in float64."""

    kind: str
    sample: torch.Tensor | None

    def is_close(self, other: Numbers) -> bool:
        """Whether both have the same kind and, within the tolerance, the same elements; nan equals nan."""
        if self.kind != other.kind:
            return False
        if self.sample is None or other.sample is None:
            return self.sample is other.sample
        return torch.allclose(self.sample, other.sample, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)

    def is_exact(self, right: Numbers) -> bool:
        """Whether numbers in float64 are as accurate as that."""
        if "float64" not in self.kind or self.kind != right.kind or self.sample is None or right.sample is None:
            return False
        return torch.allclose(self.sample, right.sample, rtol=EXACT, atol=EXACT, equal_nan=True)

    def is_finite(self) -> bool:
        """Whether it has elements that can be compared, without nan and infinities."""
        return self.sample is not None and bool(self.sample.isfinite().all())


@dataclass(frozen=True)
class Signature:
    """raised: name of the exception, or "". value: each tensor or other part of the value, in order.

    changed: which tensors of the question were modified. gradients: of those tensors and of the parameters.
    message: of the exception, without numbers; only tells apart what is_close cannot.
    """

    raised: str = ""
    value: tuple[Numbers | str, ...] = ()
    changed: tuple[bool, ...] = ()
    gradients: tuple[Numbers | None, ...] = ()
    message: str = ""

    def is_close(self, other: Signature) -> bool:
        """Whether two answers are those of the same mistake.

        How nan and infinities spread in gradients depends on the formula; so these are compared where they are finite.
        """
        if (self.raised, self.changed) != (other.raised, other.changed):
            return False
        if len(self.value) != len(other.value) or len(self.gradients) != len(other.gradients):
            return False
        return all(map(_same, self.value, other.value)) and all(map(_same_gradient, self.gradients, other.gradients))

    def has_float64(self) -> bool:
        """Whether some part or gradient is, so that `accuracy` tells something."""
        return any(isinstance(part, Numbers) and "float64" in part.kind for part in (*self.value, *self.gradients))

    def accuracy(self, right: Signature) -> tuple[bool, ...]:
        """Which parts and gradients in float64 are exact: a detour over float32 is less than the tolerance."""
        pairs = [*zip(self.value, right.value, strict=False), *zip(self.gradients, right.gradients, strict=False)]
        return tuple(isinstance(a, Numbers) and isinstance(b, Numbers) and a.is_exact(b) for a, b in pairs)


def _same(one: Numbers | str, other: Numbers | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return one.is_close(other)


def _same_gradient(one: Numbers | None, other: Numbers | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.is_close(other) or (one.kind == other.kind and not one.is_finite() and not other.is_finite())


def signature(question: Question, reply: object) -> Signature:
    """Of a decoded reply to `question`. Raises WireError if it has no form of an answer."""
    answer = answer_from_wire(reply)
    if isinstance(answer, Raised):
        if question.device is None:
            return Signature(answer.name, message=NUMBER.sub("", answer.message))
        return Signature(TWO_DEVICES if names_two_devices(answer.name, answer.message) else NO_DATA)
    sent = [node.value for node in question.nodes if isinstance(node, Value) and isinstance(node.value, torch.Tensor)]
    changed = [_is_changed(before, after) for before, after in zip(sent, answer.inputs, strict=False)]
    gradients = [gradient if gradient is None else _numbers(gradient) for gradient in answer.gradients]
    gradients += [gradient if gradient is None else _numbers(gradient) for gradient in answer.parameter_gradients]
    return Signature("", tuple(_parts(answer.value)), tuple(changed), tuple(gradients))


def _parts(value: object, inside: bool = False) -> Iterator[Numbers | str]:
    """The tensors and other parts of a value. inside: of a list, where an object is an operand such as a model."""
    if isinstance(value, torch.Tensor):
        yield _numbers(value)
    elif isinstance(value, (list, tuple)):
        yield f"list of {len(value)}"
        for part in value:
            yield from _parts(part, inside=True)
    elif value is None or isinstance(value, (bool, int, float, str)):
        yield f"{type(value).__name__} {value!r}"[:100]
    elif inside:
        yield "object"
    else:
        yield value.type_name if isinstance(value, Opaque) else type(value).__name__


def _numbers(tensor: torch.Tensor) -> Numbers:
    kind = f"{tuple(tensor.shape)} {tensor.dtype} {tensor.device}"
    if tensor.is_meta or tensor.is_complex():
        return Numbers(kind, None)
    flat = tensor.detach().flatten()
    step = -(-flat.numel() // SAMPLED) or 1
    return Numbers(kind, flat[::step].double())


def _is_changed(before: torch.Tensor, after: torch.Tensor) -> bool:
    if before.shape != after.shape or before.dtype != after.dtype or after.is_meta:
        return True
    return not torch.equal(before, after.detach())
