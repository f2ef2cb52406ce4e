"""Questions about an expression over the names of a student's notebook, as classes that both ends of the pipe import.

An expression is a flat list of nodes, operands before the nodes that use them. The type parameter of a node is the type
of its operands: in a question an index into that list, while the expression is being built the expressions themselves
(`grader.student.proxy`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Generic, TypeAlias, TypeVar

import torch

from grader import wire
from grader.errors import WireError

Operand = TypeVar("Operand")
Mapped = TypeVar("Mapped")


@dataclass(frozen=True, slots=True)
class Value:
    """A constant: a tensor, or any other value that `grader.wire` can encode."""

    value: object


@dataclass(frozen=True, slots=True)
class Name:
    """A global variable of the student's notebook."""

    name: str


@dataclass(frozen=True, slots=True)
class Key(Generic[Operand]):
    """`container[key]`."""

    container: Operand
    key: str


@dataclass(frozen=True, slots=True)
class Call(Generic[Operand]):
    """`function(*arguments, **keywords)`."""

    function: Operand
    arguments: Sequence[Operand]
    keywords: Mapping[str, Operand]


@dataclass(frozen=True, slots=True)
class List(Generic[Operand]):
    """`[*items]`."""

    items: Sequence[Operand]


@dataclass(frozen=True, slots=True)
class View(Generic[Operand]):
    """`torch.as_strided(base, shape, strides, offset)`: the elements of the tensor `base` in another memory layout."""

    base: Operand
    shape: Sequence[int]
    strides: Sequence[int]
    offset: int


@dataclass(frozen=True, slots=True)
class Overwrite(Generic[Operand]):
    """`target`, after `values` have been written into it, until the question is answered.

    target: a tensor; or a module, each of whose parameters takes the first of the values that has its shape.
    """

    target: Operand
    values: Sequence[Operand]


Node: TypeAlias = Value | Name | Key[Operand] | Call[Operand] | List[Operand] | View[Operand] | Overwrite[Operand]

# The wire form of a node is `[kind, *fields]`, that of a question a dictionary of its fields. Parsing by these tables
# takes half the time of `match`, which counts: a notebook's checks ask 1,400 questions.
NODES: dict[str, tuple[Callable[..., Node[int]], tuple[type, ...]]] = {
    "value": (Value, (object,)),
    "name": (Name, (str,)),
    "key": (Key, (int, str)),
    "call": (Call, (int, list, dict)),
    "list": (List, (list,)),
    "view": (View, (int, list, list, int)),
    "overwrite": (Overwrite, (int, list)),
}
QUESTION: dict[str, type | tuple[type, ...]] = {
    "nodes": list,
    "gradient": bool,
    "cotangent": (NoneType, torch.Tensor),
    "parameters_of": (NoneType, int),
    "device": (NoneType, str),
}


def map_operands(node: Node[Operand], function: Callable[[Operand], Mapped]) -> Node[Mapped]:
    """The node with `function` applied to each of its operands, in the order in which Python evaluates them."""
    match node:
        case Call():
            called, arguments = function(node.function), [*map(function, node.arguments)]
            return Call(called, arguments, {name: function(operand) for name, operand in node.keywords.items()})
        case Value() | Name():
            return node
        case Key():
            return Key(function(node.container), node.key)
        case List():
            return List([*map(function, node.items)])
        case View():
            return View(function(node.base), node.shape, node.strides, node.offset)
        case Overwrite():
            return Overwrite(function(node.target), [*map(function, node.values)])


@dataclass(frozen=True, slots=True)
class Question:
    """An expression, whose value is that of its last node, and what to report about it.

    gradient: report gradients of `sum(value * cotangent)`. cotangent: a tensor of the value's shape; None: all ones.
    parameters_of: index of the node whose value is a module, to report its parameters; None: no module.
    device: a name such as "cuda", to report only on which device the value would be; None: evaluate as usual.
    """

    nodes: Sequence[Node[int]]
    gradient: bool = False
    cotangent: torch.Tensor | None = None
    parameters_of: int | None = None
    device: str | None = None

    def to_wire(self) -> dict[str, object]:
        """Plain values for `wire.encode`."""
        return {
            "nodes": [_node_to_wire(node) for node in self.nodes],
            "gradient": self.gradient,
            "cotangent": self.cotangent,
            "parameters_of": self.parameters_of,
            "device": self.device,
        }

    @classmethod
    def from_wire(cls, message: object) -> Question:
        """The inverse of `to_wire`. Raises WireError for other fields or fields of other types."""
        if (
            not isinstance(message, dict)
            or list(message) != list(QUESTION)
            or not all(map(isinstance, message.values(), QUESTION.values()))
        ):
            raise WireError("not a question")
        nodes, *others = message.values()
        return cls([_node_from_wire(node) for node in nodes], *others)

    def encode(self) -> bytes:
        """The question as a frame; the same question always gives the same bytes. Raises WireError if too large."""
        return wire.encode(self.to_wire())

    def is_same(self, other: Question) -> bool:
        """Whether both have the same encoding. Tensors that both share are not read, which saves most of the time."""
        mine, others = (
            (self.gradient, self.parameters_of, self.device),
            (other.gradient, other.parameters_of, other.device),
        )
        return (
            mine == others
            and _is_same_value(self.cotangent, other.cotangent)
            and len(self.nodes) == len(other.nodes)
            and all(map(_is_same_node, self.nodes, other.nodes))
        )

    @classmethod
    def decode(cls, frame: bytes) -> Question:
        """The inverse of `encode`. Raises WireError for any other bytes."""
        return cls.from_wire(wire.decode(frame))


def _is_same_node(one: Node[int], other: Node[int]) -> bool:
    if isinstance(one, Value) and isinstance(other, Value):
        return _is_same_value(one.value, other.value)
    return type(one) is type(other) and one == other


def _is_same_value(one: object, other: object) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) is str or type(one) is int:
        return one == other
    try:
        return wire.encode(one) == wire.encode(other)
    except WireError:  # too large
        return False


def _node_to_wire(node: Node[int]) -> list[object]:
    match node:
        case Value():
            return ["value", node.value]
        case Call():
            return ["call", node.function, list(node.arguments), dict(node.keywords)]
        case Name():
            return ["name", node.name]
        case Key():
            return ["key", node.container, node.key]
        case List():
            return ["list", list(node.items)]
        case View():
            return ["view", node.base, list(node.shape), list(node.strides), node.offset]
        case Overwrite():
            return ["overwrite", node.target, list(node.values)]


def _node_from_wire(message: Any) -> Node[int]:
    try:
        kind, *fields = message
        node_class, types = NODES[kind]
    except (TypeError, ValueError, KeyError):
        raise WireError("not a node of a question") from None
    if len(fields) != len(types) or not all(map(isinstance, fields, types)):
        raise WireError("not a node of a question")
    return node_class(*fields)
