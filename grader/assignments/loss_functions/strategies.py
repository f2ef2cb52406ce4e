"""Hypothesis strategies of task 3: ratios of classes, and batches for a weighted loss."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st

from grader.checking.strategies import logits

# A ratio is the fraction of the images of a class that is used for training.
SHARES = [i / 20 for i in range(1, 21)] + [0.025, 0.01, 0.004, 0.002]


@st.composite
def ratios(draw: Any) -> list[float]:
    """Ratios of 2 to 10 classes in any order, each one of `SHARES`."""
    shares: list[float] = draw(st.lists(st.sampled_from(SHARES), min_size=2, max_size=10))
    return shares


@st.composite
def weighted_batches(draw: Any) -> tuple[list[float], torch.Tensor, torch.Tensor]:
    """(ratios of C classes, logits Tensor[N, C] with N ≥ 2 in float32, targets Tensor[N] of at least two classes)."""
    shares = draw(ratios())
    matrix = draw(logits(limit=3, least=2, classes=len(shares)))
    n, c = matrix.shape
    first = draw(st.integers(0, c - 1))
    second = (first + draw(st.integers(1, c - 1))) % c  # in a batch of one class the weight cancels
    rest = draw(st.lists(st.integers(0, c - 1), min_size=n - 2, max_size=n - 2))
    return shares, matrix, torch.tensor([first, second, *rest])
