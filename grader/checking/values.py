"""Compare answers that are not tensors: numbers, text, and containers of these."""

from __future__ import annotations

import math

import torch

from grader.checking.comparison import fail, kind
from grader.student.proxy import Expression
from grader.wire import Opaque


def assert_equal(question: Expression, expected: object, *, tol: float = 1e-4) -> None:
    """The value of a question is a number, text, None or container of these, equal to `expected`.

    tol: absolute and relative, for floats; an int is accepted for a float. Raises Mismatch, and what `question` raises.
    """
    value = question.value()
    if not _is_equal(value, expected, tol):
        got = kind(value) if isinstance(value, (torch.Tensor, Opaque)) else repr(value)[:200]
        fail(question, got, repr(expected)[:200])


def _is_equal(value: object, expected: object, tol: float) -> bool:
    match expected:
        case bool() | None | str() | bytes():
            return type(value) is type(expected) and value == expected
        case int():
            return type(value) is int and value == expected
        case float():
            number = float(value) if isinstance(value, (int, float)) and type(value) is not bool else math.nan
            return math.isclose(number, expected, rel_tol=tol, abs_tol=tol)
        case list() | tuple():
            return (
                isinstance(value, (list, tuple))
                and type(value) is type(expected)
                and len(value) == len(expected)
                and all(_is_equal(got, right, tol) for got, right in zip(value, expected, strict=True))
            )
        case dict():
            return (
                isinstance(value, dict)
                and value.keys() == expected.keys()
                and all(_is_equal(value[key], right, tol) for key, right in expected.items())
            )
    raise TypeError(f"assert_equal cannot compare with {type(expected).__name__}")
