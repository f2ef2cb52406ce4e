"""`assert_close` and `fail` for checks that draw examples: their Japanese questions are translated here.

hypothesis derives the examples of a check from its source, so that text stays as it is and calls no `gettext`.
"""

from __future__ import annotations

from typing import Any, NoReturn

import torch

from grader.checking import comparison
from grader.checking.wording import N_, Reworded
from grader.student.proxy import Expression

PHRASES = (
    N_("呼んだあと、logits の中身を書き換えてもう一度呼んだときの、1回目の {question}"),
    N_("呼んだあと、logits の中身を書き換えてもう一度呼んだときの、2回目の {question}"),
    N_("呼んだあと、logits と targets の中身を書き換えてもう一度呼んだときの、1回目の {question}"),
    N_("呼んだあと、logits と targets の中身を書き換えてもう一度呼んだときの、2回目の {question}"),
    N_("make_criterion を2回呼んだあとの、ratios={ratios} の criterion の損失"),
    N_("inverse_ratio_weights の dtype"),
)


def assert_close(
    actual: Expression | Any,
    expected: torch.Tensor,
    *,
    tol: float = 1e-4,
    asked: object = "",
    dtype: bool = False,
    relative: bool = False,
) -> None:
    """See `comparison.assert_close`. asked: may be one of PHRASES."""
    said = Reworded(asked, PHRASES)
    comparison.assert_close(actual, expected, tol=tol, asked=said, dtype=dtype, relative=relative)


def fail(asked: object, got: str, expected: str) -> NoReturn:
    """See `comparison.fail`. asked: may be one of PHRASES."""
    comparison.fail(Reworded(asked, PHRASES), got, expected)
