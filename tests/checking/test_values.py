"""Comparing plain values; tensors are compared in the tests of every check."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from grader.checking.values import assert_equal
from grader.errors import Mismatch
from grader.student.proxy import InProcessChannel, Student

RIGHT: list[tuple[Any, Any]] = [
    (1, 1), (2, 2.0), (0.5 + 1e-9, 0.5), ("a", "a"), (None, None), (True, True), ([1, (2.0, "b")], [1, (2.0, "b")]),
    ({"a": [1.0], 2: None}, {"a": [1.0], 2: None}), ([], []),
]  # fmt: skip
WRONG: list[tuple[Any, Any]] = [
    (2, 1), (1.0, 1), (True, 1), (1, True), (0.6, 0.5), (float("nan"), 0.5), ("1", 1), (None, 0.0), ([1], [1, 2]),
    ((1,), [1]), ({"a": 1}, {"b": 1}), (torch.tensor(0.5), 0.5), (torch.ones(2), [1.0, 1.0]), (object(), 1.0),
    ({"a": 1, "b": 2}, {"a": 1}), (iter([1]), [1]),
]  # fmt: skip


def ask(value: object, expected: object) -> None:
    assert_equal(Student(InProcessChannel({"f": lambda: value})).f(), expected)


@pytest.mark.parametrize(("value", "expected"), RIGHT)
def test_equal_values_pass(value: object, expected: object) -> None:
    ask(value, expected)


@pytest.mark.parametrize(("value", "expected"), WRONG)
def test_other_values_are_a_mismatch(value: object, expected: object) -> None:
    with pytest.raises(Mismatch):
        ask(value, expected)


def test_a_right_answer_of_another_kind_is_the_checks_mistake() -> None:
    with pytest.raises(TypeError, match="Tensor"):
        ask(1.0, torch.tensor(1.0))
