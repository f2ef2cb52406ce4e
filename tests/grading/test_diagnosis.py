"""A failing answer is named if exactly one misconception, or pair of them, explains all of its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from grader.checking.assignment import Material
from grader.checking.misconceptions import ATTRIBUTE, Catalogue, Linked, misconception
from grader.grading.diagnosis import NAMING_SECONDS, diagnose
from grader.grading.judge import AllAnswered, judge
from grader.grading.recordings import Memory
from grader.student.proxy import InProcessChannel
from tests.helpers.loss_functions import checks_for

CELL = "softmax_checks"
MODULE = checks_for(CELL)
MEMORY = Memory()
RARE = 4, 5  # shape of a few of the drawn matrices in float64


def right(logits: torch.Tensor) -> torch.Tensor:
    return F.softmax(logits, dim=1)


@misconception("softmax", "The whole matrix is one distribution. ", read="task")
def over_all_elements(logits: torch.Tensor) -> torch.Tensor:
    return F.softmax(logits.flatten(), dim=0).reshape(logits.shape)


@misconception("softmax", "Columns add up to 1. ", read="columns")
def over_columns(logits: torch.Tensor) -> torch.Tensor:
    return F.softmax(logits, dim=0)


@misconception("softmax", "The gradient is cut off. ", read="task", around=True, combines=True)
def detached(softmax: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    return lambda logits: softmax(logits).detach()


@misconception("softmax", "The same as another one. ", read="task")
def columns_again(logits: torch.Tensor) -> torch.Tensor:
    return logits.softmax(0)


@misconception("softmax", "Three classes only. ", read="task")
def matrix_of_three_classes(logits: torch.Tensor) -> torch.Tensor:
    if logits.shape[1] != 3:
        raise ValueError(logits.shape)
    return F.softmax(logits, dim=1)


@misconception("softmax", "float64 is lost on the way. ", read="task", around=True)
def through_float32(softmax: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    return lambda logits: softmax(logits.float()).to(logits.dtype)


def catalogue(*functions: Callable[..., Any]) -> Catalogue:
    return Catalogue({"softmax": right}, tuple(getattr(function, ATTRIBUTE) for function in functions))


ALL = catalogue(over_all_elements, over_columns, detached, matrix_of_three_classes, through_float32)


def name_of(
    softmax: Callable[..., Any], known: Catalogue = ALL, kind: type[InProcessChannel] = InProcessChannel
) -> str | None:
    """The name that an answer gets."""
    answered: AllAnswered = {}
    channel = kind({"softmax": softmax})
    answers = {CELL: InProcessChannel(known.right)}
    verdicts = judge({CELL: MODULE}, lambda _: channel, None, MEMORY, right=answers, answered=answered)[CELL]
    found = diagnose(verdicts, answered[CELL], channel, MODULE, known, Material(), MEMORY)
    return found.name if found else None


def by_hand(logits: torch.Tensor) -> torch.Tensor:
    """The mistake of `over_columns`, by another formula."""
    exponentials = (logits - logits.max(dim=0).values).exp()
    return exponentials / exponentials.sum(dim=0)


def through(dtype: torch.dtype, logits: torch.Tensor) -> torch.Tensor:
    return torch.softmax(logits.to(dtype), 1, dtype=torch.float64).to(logits.dtype)


def raises_for_others(logits: torch.Tensor) -> torch.Tensor:
    """The mistake of `matrix_of_three_classes`, with another message."""
    if len(logits.T) == 3:
        return right(logits)
    raise ValueError("3")


@pytest.mark.parametrize(
    ("softmax", "name"),
    [
        (by_hand, "over_columns"),
        (lambda logits: torch.softmax(logits.reshape(-1), 0).view(logits.shape), "over_all_elements"),
        (lambda logits: torch.tensor(right(logits).tolist(), dtype=logits.dtype), "detached"),
        (raises_for_others, "matrix_of_three_classes"),
        (lambda logits: by_hand(logits).detach(), "over_columns + detached"),
        (lambda logits: through(torch.float32, logits), "through_float32"),
        (lambda logits: through(torch.float64 if logits.shape == RARE else torch.float32, logits), "through_float32"),
    ],
)
def test_a_mistake_is_named_whatever_its_formula(softmax: Callable[..., Any], name: str) -> None:
    assert name_of(softmax) == name


@pytest.mark.parametrize(
    "softmax",
    [
        right,
        lambda logits: right(logits.double()).to(logits.dtype),  # right too
        lambda logits: by_hand(logits) if len(logits) < 100 else right(logits),
        lambda logits: by_hand(logits) * (1 + 1e-2 * (logits.abs().max() > 9000)),
        lambda logits: by_hand(logits.clamp(-50, 50)),
        lambda logits: 1 / 0,
        lambda logits: None,
        lambda logits: through(torch.float64 if len(logits) > 3 else torch.float32, logits),
        lambda logits: raises_for_others(logits) if logits.shape[0] != 4 else 1 / 0,
    ],
)
def test_no_name_where_one_question_is_answered_otherwise(softmax: Callable[..., Any]) -> None:
    assert name_of(softmax) is None


def test_no_name_where_two_explanations_remain() -> None:
    assert name_of(by_hand, catalogue(over_columns, columns_again)) is None


def test_a_further_question_tells_two_explanations_apart() -> None:
    def columns_of_small_logits(logits: torch.Tensor) -> torch.Tensor:
        return over_columns(logits) if logits.abs().max() < 1e5 else right(logits)

    small = misconception("softmax", "Columns, mostly. ", read="task")(columns_of_small_logits)
    known = catalogue(over_columns, small)
    apart = replace(known, further=(lambda student: student.softmax(torch.tensor([[1e6, 1e6]])).question(),))
    assert name_of(by_hand, known) is None
    assert name_of(by_hand, apart) == "over_columns"
    assert name_of(columns_of_small_logits, apart) == "columns_of_small_logits"
    assert name_of(lambda logits: by_hand(logits) if logits.abs().max() < 1e5 else logits, apart) is None


def test_what_is_asked_only_for_the_name_has_little_time() -> None:
    class Timed(InProcessChannel):
        def begin_check(self, seconds: float | None = None) -> None:
            begun.append(seconds)

    begun: list[float | None] = []
    further = replace(ALL, further=(lambda student: student.softmax(torch.zeros(1, 2)).question(),))
    assert name_of(lambda logits: F.softmax(logits, dim=0), further, Timed) == "over_columns"
    assert begun[-1] == NAMING_SECONDS
    assert not any(begun[:-1])


def test_no_name_without_its_entry() -> None:
    assert name_of(by_hand, catalogue(over_all_elements, detached, matrix_of_three_classes)) is None


def test_a_wrong_catalogue_costs_no_check() -> None:
    wrong = Catalogue({"softmax": lambda logits: 1 / 0}, ALL.entries)
    channel = InProcessChannel({"softmax": right})
    answers = {CELL: InProcessChannel(wrong.right)}
    verdicts = judge({CELL: MODULE}, lambda _: channel, None, Memory(), right=answers)[CELL]
    assert {verdict.outcome for verdict in verdicts} == {"passed"}


def test_the_names_that_an_answer_depends_on_are_noted() -> None:
    right_names = {
        "scale": 2.0,
        "losses": {"a": 1.0, "b": 2.0},
        "scaled": Linked(lambda names: lambda x: x * names["scale"]),
        "unused": None,
    }
    of_a = misconception("losses[a]", "Another loss. ", read="task")(right)
    names = Catalogue(right_names, (getattr(of_a, ATTRIBUTE),)).names_with()
    names.noted.clear()
    assert names["scaled"](3.0) == 6.0
    assert names["losses"]["b"] == 2.0
    assert names.noted == {"scaled", "scale", "losses", "losses[b]"}
