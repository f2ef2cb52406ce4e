"""The trusted end of a student's process: questions are built by plain Python, sent once, and answered with arrays.

    student.loss_functions["CrossEntropyLoss"](student.make_model("CrossEntropyLoss")(X), y)

is a lazy `Expression`. Nothing here knows what is asked; nothing of a student's runs here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from grader import wire
from grader.errors import StudentGone, StudentRaised
from grader.sandbox.runtime.answer import answer as answer_here
from grader.sandbox.runtime.answer import answers as answers_here


class Channel(Protocol):
    """Where questions go."""

    def ask(self, question: dict[str, Any]) -> Any:
        """The decoded reply. Raises StudentGone or TooSlow."""


@dataclass(frozen=True)
class Answer:
    """What came back for one question.

    value: what the expression gave (tensors as sent, `wire.Opaque` for what cannot travel).
    inputs: the tensors of the question, in order, as they are after the student's code had them.
    gradients: of the value (times the cotangent) for each of `inputs`; None where nothing flowed.
    parameters, parameter_gradients: of the module that was named.
    """

    value: Any
    inputs: list[torch.Tensor]
    gradients: list[torch.Tensor | None]
    parameters: list[torch.Tensor]
    parameter_gradients: list[torch.Tensor | None]


class Expression:
    """Something that the student's process can evaluate; it is sent when its value is asked for."""

    def __init__(self, channel: Channel, kind: str, *parts: Any) -> None:
        self._channel, self._kind, self._parts = channel, kind, parts

    def __getitem__(self, key: str) -> Expression:
        return Expression(self._channel, "key", self, key)

    def __call__(self, *arguments: Any, **keywords: Any) -> Expression:
        return Expression(self._channel, "call", self, arguments, keywords)

    __iter__ = None  # or Python would ask for [0], [1], … for ever

    def value(self) -> Any:
        """What the expression gives. Raises StudentRaised, StudentGone, TooSlow."""
        return self.answer(gradient=False).value

    def answer(
        self, cotangent: torch.Tensor | None = None, *, gradient: bool = True, parameters_of: Expression | None = None
    ) -> Answer:
        """Value and gradients of `sum(value * cotangent)` (a cotangent of ones where it is None).

        `parameters_of`: a part of this expression that is a module; its parameters come back too.
        Raises StudentRaised, StudentGone, TooSlow.
        """
        nodes: list[list[Any]] = []
        index = _flatten(self, nodes, {})
        module = None if parameters_of is None else index[id(parameters_of)]
        question = {
            "nodes": nodes,
            "gradient": gradient,
            "cotangent": cotangent,
            "parameters_of": module,
            "device": None,
        }
        sent = [rest[0] for kind, *rest in nodes if kind == "value" and isinstance(rest[0], torch.Tensor)]
        return _checked(self, sent, self._channel.ask(question))

    def device_of(self, device: str) -> Any:
        """Where the answer would be if the question's tensors were on `device`, which this machine need not have.

        → a torch.device, or what came back in place of a tensor. Raises StudentRaised as PyTorch would there, and also
        for code that looks at values: see `sandbox.answer`.
        """
        nodes: list[list[Any]] = []
        _flatten(self, nodes, {})
        question = {"nodes": nodes, "gradient": False, "cotangent": None, "parameters_of": None, "device": device}
        return _checked(self, [], self._channel.ask(question)).value

    def __repr__(self) -> str:
        return describe(self)


def together(*expressions: Expression) -> Expression:
    """A list of what they give, evaluated in this order; a part that they share is evaluated once."""
    return Expression(expressions[0]._channel, "list", *expressions)


def _flatten(expression: Any, nodes: list[list[Any]], index: dict[int, int]) -> dict[int, int]:
    """Append the nodes of `expression`, each once, operands first; → where each expression went."""
    if id(expression) in index:
        return index

    def place(part: Any) -> int:
        _flatten(part, nodes, index)
        return index[id(part)]

    node: list[Any]
    if not isinstance(expression, Expression):
        if isinstance(expression, (list, tuple)) and any(isinstance(part, Expression) for part in expression):
            node = ["list", [place(part) for part in expression]]
        else:
            node = ["value", expression]
    elif expression._kind == "name":
        node = ["name", expression._parts[0]]
    elif expression._kind == "key":
        node = ["key", place(expression._parts[0]), expression._parts[1]]
    elif expression._kind == "list":
        node = ["list", [place(part) for part in expression._parts]]
    else:
        function, arguments, keywords = expression._parts
        node = ["call", place(function), [place(a) for a in arguments], {k: place(a) for k, a in keywords.items()}]
    nodes.append(node)
    index[id(expression)] = len(nodes) - 1
    return index


def _checked(expression: Expression, sent: list[torch.Tensor], reply: Any) -> Answer:
    """A reply in the form that was asked for, about the tensors `sent`.

    Gradients have the shapes of what was sent: what came back may honestly have been changed in place.
    Raises StudentRaised; StudentGone for a reply in any other form.
    """
    match reply:
        case {"raised": {"name": str(name), "message": str(message), "line": str(line), **more}}:
            function = more.get("function")
            where = line[:200], function[:100] if isinstance(function, str) else ""
            raise StudentRaised(describe(expression), name[:100], message[:2000], *where)
        case {"value": value, "inputs": list(inputs), "parameters": list(parameters)}:
            gradients = reply.get("gradients", [None] * len(inputs))
            parameter_gradients = reply.get("parameter_gradients", [None] * len(parameters))
            if (
                len(inputs) == len(sent)
                and all(isinstance(tensor, torch.Tensor) for tensor in inputs + parameters)
                and _are_gradients(gradients, sent)
                and _are_gradients(parameter_gradients, parameters)
            ):
                return Answer(value, inputs, gradients, parameters, parameter_gradients)
    raise StudentGone("an answer in no known form")


def _are_gradients(value: Any, of: list[torch.Tensor]) -> bool:
    """Whether it is a list with a gradient of each, as autograd makes them, or None."""
    return (
        isinstance(value, list)
        and len(value) == len(of)
        and all(gradient is None or _is_gradient(gradient, tensor) for gradient, tensor in zip(value, of, strict=True))
    )


def _is_gradient(value: Any, of: torch.Tensor) -> bool:
    return (
        isinstance(value, torch.Tensor) and value.shape == of.shape and value.is_floating_point() and not value.is_meta
    )


def describe(value: Any) -> str:
    """As a student would type it: `softmax([[0, 89]])`, numbers to four digits; long tensors by their shape."""
    if isinstance(value, torch.Tensor):
        return f"torch.tensor({show(value)}, dtype={value.dtype})" if value.dtype is torch.float64 else show(value)
    if not isinstance(value, Expression):
        return repr(value)
    parts = value._parts
    if value._kind == "name":
        return str(parts[0])
    if value._kind == "key":
        return f"{describe(parts[0])}[{parts[1]!r}]"
    if value._kind == "list":
        return f"[{', '.join(map(describe, parts))}]"
    arguments = [describe(a) for a in parts[1]] + [f"{k}={describe(a)}" for k, a in parts[2].items()]
    return f"{describe(parts[0])}({', '.join(arguments)})"


def show(tensor: torch.Tensor, most: int = 24) -> str:
    """Its numbers to four digits where there are 1 to `most`, else its shape: none may stand in millions of rows."""
    if tensor.is_meta or not 0 < tensor.numel() <= most:
        return f"Tensor{list(tensor.shape)}"

    def text(item: Any) -> str:
        if isinstance(item, list):
            return "[" + ", ".join(map(text, item)) + "]"
        return f"{item:.4g}" if isinstance(item, float) else str(item)

    return text(tensor.detach().cpu().tolist())


class Student:
    """Names of the student's notebook, each an `Expression`: `student.softmax(logits).value()`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("_"):
            raise AttributeError(name)
        return Expression(self._channel, "name", name)


class InProcessChannel:
    """Answers from a namespace in this process: for the instructor's own notebook and trusted answers only.

    Questions and replies still pass through `wire`, so checks meet the same types as with a process.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def ask(self, question: dict[str, Any]) -> Any:
        """See `Channel.ask`."""
        return wire.decode(wire.encode(answer_here(self._names, wire.decode(wire.encode(question)))))

    def ask_all(self, questions: list[bytes]) -> list[bytes]:
        """See `grader.grading.replay.BatchChannel.ask_all`."""
        return answers_here(self._names, questions)
