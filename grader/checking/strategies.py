"""Hypothesis strategies for logits, targets and cotangents. Integers on a grid draw fast and shrink well."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st

FLOAT32 = st.just(torch.float32)
DTYPES = st.sampled_from([torch.float32, torch.float64])
# N and C beyond the drawn sizes, as large ones shrink badly: finds answers that are right for a few sizes only.
BROAD = 3 * torch.sin(torch.arange(480.0)).reshape(40, 12)
BROAD_TARGETS = 7 * torch.arange(40) % 12
# Asked before BROAD, because students see its numbers: zeros, which are drawn first, do not show most mistakes.
SMALL_LOGITS, SMALL_TARGETS = torch.tensor([[0.0, 2.0, 1.0], [1.0, 0.0, 3.0]]), torch.tensor([0, 1])
# Sizes that no index of 8 or 16 bits reaches. Prime, so that no chunks of equal sizes add up to them.
WIDE = 3 * torch.sin(torch.arange(127.0 * 263)).reshape(127, 263)
WIDE_TARGETS = 97 * torch.arange(127) % 263
WIDE_TARGETS[::9] = 257 + 2 * torch.arange(15) % 6  # many classes above 255, and odd numbers
TALL = torch.sin(torch.arange(2609.0 * 3)).reshape(2609, 3) * torch.linspace(0, 6, 2609)[:, None]  # losses increase
TALL_TARGETS = torch.arange(2609) ** 2 % 3
# Gradients are asked for the first rows of both: a loop over single elements takes quadratic time there.
LONG_ROWS, MANY_ROWS = WIDE[:5], TALL[:1031]
LONG_ROWS_TARGETS, MANY_ROWS_TARGETS = torch.tensor([262, 3, 130, 259, 0]), TALL_TARGETS[:1031]
# Probabilities between 1e-26 and 1, and two rows that are classified rightly and surely.
STEEP = torch.tensor([[0.0, -12.0, -20.0, 3.0], [-14.0, 2.0, -40.0, 1.0], [30.0, -30.0, 15.0, 0.0]])
SURE, SURE_TARGETS = torch.tensor([[7.0, -7.0, -6.0], [-8.0, 6.0, -7.0]]), torch.tensor([0, 1])
LAYOUTS = [BROAD.t(), BROAD[1::2, 2:9]]  # transposed, and sliced: neither is contiguous
EXPANDED = BROAD[1:2, :5].expand(4, 5)  # all rows are the same memory

# An easy case, asked before secondary points are awarded. N ≠ C, C ≠ 3, N ≠ 2, and the targets do not sum to N, so
# constants from the lecture do not fit.
EASY_LOGITS = torch.tensor([[2.0, 1.0, 0.1, -1.0], [0.0, 0.5, -0.5, 1.5], [1.0, 0.0, 2.0, 0.25]])
EASY_TARGETS = torch.tensor([3, 0, 2])


def is_simplest(matrix: torch.Tensor) -> bool:
    """Whether drawn logits are zeros: hypothesis draws them first, and rarely again.

    Checks ask their large fixed questions then, once. The same answer is wrong for larger examples, too.
    """
    return not bool(matrix.any())


@st.composite
def logits(
    draw: Any, limit: float, *, grid: float = 0.25, least: int = 1, dtypes: Any = FLOAT32, classes: int | None = None
) -> torch.Tensor:
    """Tensor[N, C], `least` ≤ N ≤ 5, 2 ≤ C ≤ 6 (or `classes`), multiples of `grid` within ±limit."""
    n = draw(st.integers(least, 5))
    c = classes or draw(st.integers(2, 6))
    steps = int(limit / grid)
    values = draw(st.lists(st.integers(-steps, steps), min_size=n * c, max_size=n * c))
    return (torch.tensor(values, dtype=torch.float64) * grid).reshape(n, c).to(draw(dtypes))


@st.composite
def far_logits(draw: Any, dtypes: Any = FLOAT32) -> torch.Tensor:
    """Tensor[N, C] within ±1e4: narrow rows, each far from zero and from the others."""
    narrow = draw(logits(limit=5, grid=1, dtypes=dtypes))
    offsets = draw(st.lists(st.integers(-9_990, 9_990), min_size=len(narrow), max_size=len(narrow)))
    shifted: torch.Tensor = narrow + torch.tensor(offsets, dtype=narrow.dtype)[:, None]
    return shifted


def large_logits(dtypes: Any = FLOAT32) -> st.SearchStrategy[torch.Tensor]:
    """Tensor[N, C] within ±1e4: wide rows, or narrow ones far away. No fixed examples: they would not shrink."""
    return st.one_of(logits(limit=10_000, grid=1, dtypes=dtypes), far_logits(dtypes))


def any_logits() -> st.SearchStrategy[torch.Tensor]:
    """Tensor[N, C] within ±3, off the powers of two, or as `large_logits`."""
    return st.one_of(logits(limit=3, grid=0.1), large_logits())


@st.composite
def with_targets(draw: Any, matrices: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """(logits Tensor[N, C], targets Tensor[N] int64)."""
    matrix = draw(matrices)
    n, c = matrix.shape
    return matrix, torch.tensor(draw(st.lists(st.integers(0, c - 1), min_size=n, max_size=n)))


@st.composite
def cotangents(draw: Any, matrices: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """(logits, a cotangent of the same shape): with a cotangent of ones the gradient of softmax is zero."""
    matrix = draw(matrices)
    values = draw(st.lists(st.integers(-4, 4), min_size=matrix.numel(), max_size=matrix.numel()))
    return matrix, torch.tensor(values, dtype=matrix.dtype).reshape(matrix.shape) / 2
