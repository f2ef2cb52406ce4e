"""The numbers of a wrong answer beside those of the right one: cells with a bar each, on the same scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_NUMBERS = 24
PER_LINE = 6  # cells beside each other in the picture of a vector
HEIGHT, BAR = 62, 34  # of a cell and of the room for its bar, in pixels
CHARACTER = 7.3  # width of one in a label


@dataclass(frozen=True)
class Cell:
    """One number. x, y: of its corner. label: as text. bar: y and height within the picture, None for nan.

    differs: whether its label is not that of the same place in the other picture.
    """

    x: float
    y: float
    label: str
    bar: tuple[float, float] | None
    infinite: bool
    differs: bool


@dataclass(frozen=True)
class Picture:
    """The numbers of one answer. text: all of them, for a screen reader. zero: y of the line at 0, in each cell."""

    cells: Sequence[Cell]
    width: float
    height: float
    cell_width: float
    zero: float
    text: str


def pair(numbers: Any) -> tuple[Picture, Picture] | None:
    """Pictures of the right answer and of the student's; None if there is nothing to draw.

    numbers: [got, expected], each a number, a list or a list of lists; nan and inf as text.
    """
    if not numbers:
        return None
    got, expected = (_rows(each) for each in numbers)
    shape = [len(row) for row in got]
    if not sum(shape) or sum(shape) > MAX_NUMBERS or shape != [len(row) for row in expected]:
        return None
    finite = [value for row in (*got, *expected) for value in row if math.isfinite(value)]
    low, high = min(0.0, *finite, 0.0), max(0.0, *finite, 0.0)
    for value in (value for row in (*got, *expected) for value in row if math.isinf(value)):
        low, high = (min(low, -1.0), high) if value < 0 else (low, max(high, 1.0))
    width = max(44.0, 12 + CHARACTER * max(len(label(value)) for row in (*got, *expected) for value in row))
    return _picture(expected, got, low, high, width), _picture(got, expected, low, high, width)


def label(value: float) -> str:
    """A number in at most four digits."""
    return f"{value:.4g}".replace("-", "−")


def _rows(numbers: Any) -> list[list[float]]:
    """A number, a list or a list of lists as rows; [] for anything else."""
    if not isinstance(numbers, list):
        numbers = [numbers]
    nested = [isinstance(each, list) for each in numbers]
    if any(nested) and not all(nested):
        return []
    lines = numbers if any(nested) else [numbers[i : i + PER_LINE] for i in range(0, len(numbers), PER_LINE)]
    try:
        return [[float(value) for value in line] for line in lines]
    except (TypeError, ValueError):
        return []


def _picture(rows: list[list[float]], others: list[list[float]], low: float, high: float, width: float) -> Picture:
    scale = BAR / (high - low) if 0 < high - low < math.inf else 0.0
    zero = 4 + (high * scale if scale else BAR)
    cells = []
    for i, (row, other) in enumerate(zip(rows, others, strict=True)):
        for j, (value, beside) in enumerate(zip(row, other, strict=True)):
            end = zero - (min(max(value, low), high) * scale)
            bar = None if math.isnan(value) else (min(zero, end), abs(end - zero))
            cells.append(
                Cell(j * width, i * HEIGHT, label(value), bar, math.isinf(value), label(value) != label(beside))
            )
    text = "; ".join(", ".join(map(label, row)) for row in rows)
    return Picture(cells, max(map(len, rows)) * width, len(rows) * HEIGHT, width, zero, text)
