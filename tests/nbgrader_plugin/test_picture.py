"""The pictures of a wrong answer and the right one have one scale, and tell their numbers as text."""

from __future__ import annotations

import math
from typing import Any

import pytest

from grader.nbgrader_plugin.page.picture import BAR, MAX_NUMBERS, Picture, pair


def drawn(numbers: Any) -> tuple[Picture, Picture]:
    pictures = pair(numbers)
    assert pictures
    return pictures


def heights(picture: Picture) -> list[float | None]:
    return [cell.bar and cell.bar[1] for cell in picture.cells]


def test_the_right_answer_comes_first_on_the_same_scale() -> None:
    right, yours = drawn([[[1.0, 4.0]], [[2.0, 1.0]]])
    assert right.text == "2, 1"
    assert yours.text == "1, 4"
    assert heights(yours) == [BAR / 4, BAR]
    assert heights(right) == [BAR / 2, BAR / 4]
    assert (right.zero, right.width, right.height) == (yours.zero, yours.width, yours.height)


def test_negative_numbers_hang_below_the_line() -> None:
    right, yours = drawn([-1.0, 1.0])
    (below,), (above,) = yours.cells, right.cells
    assert below.bar
    assert above.bar
    assert below.bar[0] == yours.zero
    assert above.bar[0] + above.bar[1] == right.zero
    assert below.bar[1] == above.bar[1] == BAR / 2


def test_nan_has_no_bar_and_inf_the_longest() -> None:
    right, yours = drawn([["nan", "inf", "-inf"], [0.5, 1.0, -1.0]])
    assert yours.text == "nan, inf, −inf"
    assert [cell.label for cell in yours.cells] == ["nan", "inf", "−inf"]
    assert [cell.infinite for cell in yours.cells] == [False, True, True]
    assert heights(yours) == [None, BAR / 2, BAR / 2]
    assert all(cell.differs for cell in yours.cells)


def test_equal_places_are_not_marked() -> None:
    _, yours = drawn([[1.0, 2.0, "nan"], [1.0, 3.0, "nan"]])
    assert [cell.differs for cell in yours.cells] == [False, True, False]


def test_a_long_vector_is_broken_into_lines() -> None:
    right, _ = drawn([[0.0] * 14, [1.0] * 14])
    assert [round(cell.y / 62) for cell in right.cells] == [0] * 6 + [1] * 6 + [2] * 2


@pytest.mark.parametrize("value", [0.0, 1e308, -1e308, 5e-324, "nan", "inf", "-inf"])
@pytest.mark.parametrize("other", [0.0, 1e308, -1e308, 5e-324, "nan", "inf", "-inf"])
def test_every_bar_stays_in_its_cell(value: Any, other: Any) -> None:
    for picture in drawn([[value, 1.0], [other, -1.0]]):
        for cell in picture.cells:
            if cell.bar:
                assert all(map(math.isfinite, cell.bar))
                assert cell.bar[0] >= 3.9
                assert cell.bar[0] + cell.bar[1] <= 4.1 + BAR


@pytest.mark.parametrize(
    "numbers",
    [None, [[], []], [[1.0], [1.0, 2.0]], [[[1.0], 2.0], [[1.0], 2.0]], [["x"], [1.0]], [[None], [1.0]],
     [[[[1.0]]], [[[1.0]]]], [[0.0] * (MAX_NUMBERS + 1)] * 2],
)  # fmt: skip
def test_nothing_is_drawn_of_other_values(numbers: Any) -> None:
    assert pair(numbers) is None
