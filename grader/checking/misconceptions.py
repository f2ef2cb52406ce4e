"""A catalogue of misconceptions: functions that make a mistake on purpose, so that answers can be compared with them.

    RIGHT = {"softmax": lambda logits: F.softmax(logits, dim=1)}

    @misconception("softmax", "行ごとではなく、行列全体で 1 になるように割っています。", read="softmax_text")
    def softmax_over_all_elements(logits):
        return (logits - logits.max()).exp() / (logits - logits.max()).exp().sum()

A catalogue is a module `misconceptions/<cell>.py` beside an assignment's checks. RIGHT holds the names that the checks
ask for, with right values. A mistake at the start or the end of any function is written around it:

    @misconception("softmax", "計算のつながりが切れています。", read="autograd_text", around=True, combines=True)
    def detached(softmax):
        return lambda logits: softmax(logits).detach()

A right value that uses other names, as a student's function calls another one, takes the names as an argument. It
looks them up when it is called, so it meets the mistakes in them:

    @Linked
    def make_criterion(names):
        return lambda ratios, device: nn.CrossEntropyLoss(names["inverse_ratio_weights"](ratios).to(device))

Where right answers differ in what they give to each other, as models that end in softmax and models that do not,
ALSO_RIGHT holds further sets of right names.
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
    code does, never the solution. read: id of the cell of the lesson to read again. combines: an `around` one that may
    be made together with another mistake in the same name; most would undo or repeat it.
    """

    name: str
    replaces: str
    make: Callable[..., Any]
    text: str
    read: str
    around: bool = False
    combines: bool = False


@dataclass(frozen=True)
class Linked:
    """A right value made from all names, which are complete when the value is used."""

    make: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """right: by name, values that pass all checks. entries: the misconceptions, in the order of the module.

    also_right: further sets of right names, each complete.
    """

    right: Mapping[str, Any]
    entries: tuple[Misconception, ...]
    also_right: tuple[Mapping[str, Any], ...] = ()

    def names_with(self, *mistakes: Misconception, right: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The right names with these mistakes made, in this order. right: one of `also_right` instead."""
        names: dict[str, Any] = {}
        for name, value in (self.right if right is None else right).items():
            names[name] = value.make(names) if isinstance(value, Linked) else value
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


def misconception(
    replaces: str, text: str, *, read: str, around: bool = False, combines: bool = False
) -> Callable[[F], F]:
    """Declare the decorated function a misconception: see `Misconception`."""

    def declare(function: F) -> F:
        entry = Misconception(function.__name__, replaces, function, text, read, around, combines)
        setattr(function, ATTRIBUTE, entry)
        return function

    return declare


@cache
def catalogue_of(module: ModuleType) -> Catalogue:
    """The catalogue in a module: its RIGHT and ALSO_RIGHT, and its misconceptions."""
    return Catalogue(module.RIGHT, entries_of(module), getattr(module, "ALSO_RIGHT", ()))


def entries_of(module: ModuleType) -> tuple[Misconception, ...]:
    """The misconceptions that a module declares, and those in its tuples: of a part, or shared by several cells."""
    entries: list[Misconception] = []
    for value in vars(module).values():
        found = value if isinstance(value, tuple) else (getattr(value, ATTRIBUTE, None),)
        entries += (entry for entry in found if isinstance(entry, Misconception))
    return tuple(entries)
