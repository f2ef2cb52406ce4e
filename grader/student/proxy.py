"""Write questions to a student's process as plain Python, and check the form of what comes back.

    student.loss_functions["CrossEntropyLoss"](student.make_model("CrossEntropyLoss")(X), y)

is a lazy `Expression`; it is sent when its value is asked for. No code of a student runs here, and nothing here knows
what the checks are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch

from grader import wire
from grader.errors import StudentGone, StudentRaised, WireError
from grader.sandbox.runtime.evaluate import evaluate, evaluate_batch
from grader.sandbox.runtime.messages import Answer as Answer
from grader.sandbox.runtime.messages import Raised, answer_from_wire
from grader.sandbox.runtime.questions import (
    Call,
    Key,
    List,
    Name,
    Node,
    Overwrite,
    Value,
    View,
    map_operands,
)
from grader.sandbox.runtime.questions import Question as Question
from grader.submission.language import gettext


class Channel(Protocol):
    """Where questions are sent."""

    def ask(self, question: Question) -> object:
        """→ the reply as decoded by `grader.wire`, of any form. Raises StudentGone or TooSlow."""


class Expression:
    """An expression over names of the student's notebook. Its operands are expressions, or constants."""

    def __init__(self, channel: Channel, node: Node[object]) -> None:
        self._channel, self._node = channel, node

    def __getitem__(self, key: str) -> Expression:
        return Expression(self._channel, Key(self, key))

    def __call__(self, *arguments: object, **keywords: object) -> Expression:
        return Expression(self._channel, Call(self, arguments, keywords))

    __iter__ = None  # otherwise Python would iterate over [0], [1], … without end

    def value(self) -> Any:
        """The value of the expression. Raises StudentRaised, StudentGone, TooSlow."""
        return self.answer(gradient=False).value

    def answer(
        self, cotangent: torch.Tensor | None = None, *, gradient: bool = True, parameters_of: Expression | None = None
    ) -> Answer:
        """Value and gradients of `sum(value * cotangent)`; a cotangent of None stands for ones of the value's shape.

        parameters_of: a part of this expression that is a module, whose parameters are wanted too.
        Raises StudentRaised, StudentGone, TooSlow.
        """
        nodes: list[Node[int]] = []
        indices: dict[int, int] = {}
        _append(self, nodes, indices)
        module = None if parameters_of is None else indices[id(parameters_of)]
        sent = [node.value for node in nodes if isinstance(node, Value) and isinstance(node.value, torch.Tensor)]
        reply = self._channel.ask(Question(nodes, gradient, cotangent, module))
        return _checked(self, sent, reply)

    def question(self, device: str | None = None) -> Question:
        """What `answer` asks, or `device_of` with a device."""
        nodes: list[Node[int]] = []
        _append(self, nodes, {})
        return Question(nodes, gradient=device is None, device=device)

    def device_of(self, device: str) -> Any:
        """The device of the value if the question's tensors were on `device`, which this machine need not have.

        → a torch.device, or another value where the answer is not a tensor. Raises StudentRaised as PyTorch would on
        that device, and also for code that reads data: see `sandbox.runtime.evaluate`. Raises StudentGone, TooSlow.
        """
        return _checked(self, [], self._channel.ask(self.question(device))).value

    def __repr__(self) -> str:
        return format_expression(self)


def together(*expressions: Expression) -> Expression:
    """A list of the values of `expressions`, evaluated in this order; a part that they share is evaluated once."""
    return Expression(expressions[0]._channel, List(expressions))


def overwritten(target: Expression, *values: object) -> Expression:
    """`target` itself, after tensors have been written into it: see `questions.Overwrite`."""
    return Expression(target._channel, Overwrite(target, values))


def with_strides(student: Student, tensor: torch.Tensor) -> Expression:
    """`tensor` as a student's function receives it from a caller: with its strides, and all of its storage."""
    layout = tensor.shape, tensor.stride(), int(tensor.storage_offset())
    return Expression(student._channel, View(storage_of(tensor), *layout))


def storage_of(tensor: torch.Tensor) -> torch.Tensor:
    """All elements of the tensor's storage, Tensor[K]."""
    return torch.as_strided(tensor, (tensor.untyped_storage().nbytes() // tensor.element_size(),), (1,), 0)


def _append(operand: object, nodes: list[Node[int]], indices: dict[int, int]) -> int:
    """Append the nodes of an expression or constant, each once and its operands first → the index of its node.

    indices: of the nodes so far, by the `id` of the operand.
    """
    index = indices.get(id(operand))
    if index is not None:
        return index

    def index_of(part: object) -> int:
        return _append(part, nodes, indices)

    node: Node[int]
    if isinstance(operand, Expression):
        node = map_operands(operand._node, index_of)
    elif isinstance(operand, (list, tuple)) and any(isinstance(part, Expression) for part in operand):
        node = List([index_of(part) for part in operand])
    else:
        node = Value(operand)
    index = indices[id(operand)] = len(nodes)
    nodes.append(node)
    return index


def _checked(expression: Expression, sent: Sequence[torch.Tensor], reply: object) -> Answer:
    """The answer in a reply about the tensors `sent`.

    Gradients must have the shapes of what was sent; the inputs that come back may have other shapes, since honest code
    may change them in place. Raises StudentRaised; StudentGone for a reply of any other form.
    """
    try:
        answer = answer_from_wire(reply)
    except WireError:
        raise StudentGone("the answer has an unknown form") from None
    if isinstance(answer, Raised):
        raised_at = answer.line, answer.function
        raise StudentRaised(format_expression(expression), answer.name, answer.message, *raised_at)
    if (
        len(answer.inputs) == len(sent)
        and _are_gradients(answer.gradients, sent)
        and _are_gradients(answer.parameter_gradients, answer.parameters)
    ):
        return answer
    raise StudentGone("the answer has an unknown form")


def _are_gradients(gradients: Sequence[torch.Tensor | None], tensors: Sequence[torch.Tensor]) -> bool:
    """Whether there is one gradient for each tensor, as autograd makes them, or None."""
    return len(gradients) == len(tensors) and all(
        gradient is None or _is_gradient(gradient, tensor) for gradient, tensor in zip(gradients, tensors, strict=True)
    )


def _is_gradient(gradient: torch.Tensor, tensor: torch.Tensor) -> bool:
    return gradient.shape == tensor.shape and gradient.is_floating_point() and not gradient.is_meta


def format_expression(operand: object) -> str:
    """An expression or constant as source code: `softmax([[0, 89]])`, with tensors as in `format_tensor`."""
    if isinstance(operand, torch.Tensor):
        numbers = format_tensor(operand)
        return f"torch.tensor({numbers}, dtype={operand.dtype})" if operand.dtype is torch.float64 else numbers
    if not isinstance(operand, Expression):
        return repr(operand)
    match operand._node:
        case Value(value):
            return format_expression(value)
        case Name(name):
            return name
        case Key(container, key):
            return f"{format_expression(container)}[{key!r}]"
        case List(items):
            return f"[{', '.join(map(format_expression, items))}]"
        case View(_, shape, strides):
            said = gettext("Tensor{shape}（メモリ上の並びが strides={strides} のもの）")
            return said.format(shape=list(shape), strides=list(strides))
        case Overwrite(target, values):
            written = ", ".join(map(format_expression, values))
            said = gettext("{tensor}（中身を {values} に書き換えたもの）")
            return said.format(tensor=format_expression(target), values=written)
        case Call(function, arguments, keywords):
            formatted = [format_expression(argument) for argument in arguments]
            formatted += [f"{name}={format_expression(argument)}" for name, argument in keywords.items()]
            return f"{format_expression(function)}({', '.join(formatted)})"


def format_tensor(tensor: torch.Tensor, most: int = 24) -> str:
    """Numbers to four digits if the tensor has 1 to `most` of them, else its shape: `Tensor[10, 10]`.

    A tensor without elements may have a billion rows, which would take 180 GB as nested lists.
    """
    if tensor.is_meta or not 0 < tensor.numel() <= most:
        return f"Tensor{list(tensor.shape)}"

    def text(item: object) -> str:
        if isinstance(item, list):
            return "[" + ", ".join(map(text, item)) + "]"
        return f"{item:.4g}" if isinstance(item, float) else str(item)

    return text(tensor.detach().cpu().tolist())


class Student:
    """The names of a student's notebook, each an `Expression`: `student.softmax(logits).value()`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("_"):
            raise AttributeError(name)
        return Expression(self._channel, Name(name))


class InProcessChannel:
    """Evaluates questions in this process: only for code that is trusted, such as the instructor's own notebook.

    Questions and answers are still encoded and decoded, so checks see the same types as with a student's process.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def begin_check(self, seconds: float | None = None) -> None:
        """There are no time limits to start."""

    def ask(self, question: Question) -> object:
        """See `Channel.ask`."""
        answer = evaluate(self._names, Question.decode(question.encode()))
        return wire.decode(wire.encode(answer.to_wire()))

    def ask_batch(self, questions: Sequence[bytes]) -> list[bytes]:
        """See `grader.grading.replay.BatchChannel.ask_batch`."""
        return evaluate_batch(self._names, questions)
