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
looks them up at each call, so it meets the mistakes in them, and it is noted on which names an answer depends:

    @Linked
    def make_criterion(names):
        return lambda ratios, device: nn.CrossEntropyLoss(names["inverse_ratio_weights"](ratios).to(device))

Where right answers differ in what they give to each other, as models that end in softmax and models that do not,
ALSO_RIGHT holds further sets of right names. FURTHER holds questions that are asked after a failure only, to tell apart
what the checks cannot:

    FURTHER = (lambda student: student.softmax(torch.tensor([[95.0, 0.0]])).question(),)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:  # nbgrader's process reads catalogues' interface without torch
    from grader.student.proxy import Question, Student

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


class Names(dict[str, Any]):
    """Names that note in `noted` each one that is looked up by `names[name]`.

    container: the name of the dict that this is; its keys are noted as `container[key]`.
    """

    def __init__(
        self, names: Mapping[str, Any] | None = None, noted: set[str] | None = None, container: str = ""
    ) -> None:
        super().__init__(names or {})
        self.noted = set() if noted is None else noted
        self._container = container

    def __getitem__(self, name: str) -> Any:
        self.noted.add(f"{self._container}[{name}]" if self._container else name)
        return super().__getitem__(name)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """right: by name, values that pass all checks. entries: the misconceptions, in the order of the module.

    also_right: further sets of right names, each complete. further: questions that the checks do not ask.
    """

    right: Mapping[str, Any]
    entries: tuple[Misconception, ...]
    also_right: tuple[Mapping[str, Any], ...] = ()
    further: tuple[Callable[[Student], Question], ...] = ()

    def names_with(self, *mistakes: Misconception, right: Mapping[str, Any] | None = None) -> Names:
        """The right names with these mistakes made, in this order. right: one of `also_right` instead."""
        names = Names()
        for name, value in (self.right if right is None else right).items():
            names[name] = value.make(names) if isinstance(value, Linked) else value
        for container in {entry.replaces.partition("[")[0] for entry in self.entries if "[" in entry.replaces}:
            names[container] = Names(names[container], names.noted, container)
        for mistake in mistakes:
            name, _, key = mistake.replaces.partition("[")
            values, last = (names[name], key.rstrip("]")) if key else (names, name)
            values[last] = _made(mistake, values[last])
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
    """The catalogue in a module: its RIGHT, ALSO_RIGHT and FURTHER, and its misconceptions."""
    further = getattr(module, "FURTHER", ())
    return Catalogue(module.RIGHT, entries_of(module), getattr(module, "ALSO_RIGHT", ()), further)


def entries_of(module: ModuleType) -> tuple[Misconception, ...]:
    """The misconceptions that a module declares, and those in its tuples: of a part, or shared by several cells."""
    entries: list[Misconception] = []
    for value in vars(module).values():
        found = value if isinstance(value, tuple) else (getattr(value, ATTRIBUTE, None),)
        entries += (entry for entry in found if isinstance(entry, Misconception))
    return tuple(entries)
