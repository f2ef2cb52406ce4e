"""A catalogue of misconceptions: functions that make a mistake on purpose, so that answers can be compared with them.

    RIGHT = {"softmax": lambda logits: F.softmax(logits, dim=1)}

    @misconception("softmax", "行ごとではなく、行列全体で 1 になるように割っています。", read="softmax_text")
    def softmax_over_all_elements(logits):
        return (logits - logits.max()).exp() / (logits - logits.max()).exp().sum()

A catalogue is a module `misconceptions/<cell>.py` beside an assignment's checks. RIGHT holds the names that the checks
ask for, with right values. A mistake in how a function ends or begins, whatever it computes, is written around it:

    @misconception("softmax", "計算のつながりが切れています。", read="autograd_text", around=True)
    def detached(softmax):
        return lambda logits: softmax(logits).detach()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
ATTRIBUTE = "_misconception"


@dataclass(frozen=True)
class Misconception:
    """name: of the function. replaces: the name of RIGHT whose value it is, or `name[key]` for an entry of a dict.

    make: the value; with `around`, a function of the value that it changes. text: a sentence for the student: what the
    code does, never the solution. read: id of the cell of the lesson to read again.
    """

    name: str
    replaces: str
    make: Callable[..., Any]
    text: str
    read: str
    around: bool = False


@dataclass(frozen=True, eq=False)
class Catalogue:
    """right: by name, values that pass all checks. entries: the misconceptions, in the order of the module."""

    right: Mapping[str, Any]
    entries: tuple[Misconception, ...]

    def names_with(self, *mistakes: Misconception) -> dict[str, Any]:
        """The right names with these mistakes made, in this order."""
        names = dict(self.right)
        for mistake in mistakes:
            name, _, key = mistake.replaces.partition("[")
            if key:
                values = dict(names[name])
                values[key.rstrip("]")] = _made(mistake, values[key.rstrip("]")])
                names[name] = values
            else:
                names[name] = _made(mistake, names[name])
        return names


def _made(mistake: Misconception, value: Any) -> Any:
    return mistake.make(value) if mistake.around else mistake.make


def misconception(replaces: str, text: str, *, read: str, around: bool = False) -> Callable[[F], F]:
    """Declare the decorated function a misconception: see `Misconception`."""

    def declare(function: F) -> F:
        entry = Misconception(function.__name__, replaces, function, text, read, around)
        setattr(function, ATTRIBUTE, entry)
        return function

    return declare


@cache
def catalogue_of(module: ModuleType) -> Catalogue:
    """The catalogue in a module: its RIGHT, and the misconceptions that it declares."""
    declared = (getattr(value, ATTRIBUTE, None) for value in vars(module).values())
    return Catalogue(module.RIGHT, tuple(entry for entry in declared if isinstance(entry, Misconception)))
