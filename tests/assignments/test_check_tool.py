"""The notebooks' check tool, cell `check_tool`: one line for each check, whatever a student's function does."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from typing import Any

import nbformat
import numpy as np
import pytest
import torch

from tests.helpers.loss_functions import SOURCE

ROWS = torch.tensor([[2.0, 1.0], [0.0, 3.0]])


@pytest.fixture
def tool() -> dict[str, Any]:
    """The names that the cell defines."""
    cells = {cell.id: cell for cell in nbformat.read(SOURCE / "losses.ipynb", as_version=4).cells}
    names: dict[str, Any] = {"np": np, "torch": torch}
    exec(compile(cells["check_tool"].source, "<check_tool>", "exec"), names)
    return names


def student(names: dict[str, Any], source: str) -> Callable[..., Any]:
    """`answer`, as a cell with this text defines it."""
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(True), "<cell>")
    exec(compile(source, "<cell>", "exec"), names)
    answer: Callable[..., Any] = names["answer"]
    return answer


@pytest.mark.parametrize(
    ("yours", "fields"),
    [
        (torch.tensor([1.0, 2.0]), ["✓ 値", "正解 [0] 1", "あなた 1", "差 0（0.001 まで）"]),
        (torch.tensor([1.0, 3.0]), ["✗ 値", "正解 [1] 2", "あなた 3", "差 1（0.001 まで）", "ここ"]),
        (torch.tensor([1.0, math.nan]), ["✗ 値", "正解 [1] 2", "あなた nan", "差 nan（0.001 まで）", "ここ"]),
        (torch.tensor([[1.0, 2.0]]), ["✗ 値", "正解 形 (2,)", "あなた 形 (1, 2)", "差 —", "形が違います"]),
        ([1.0, 2.0], ["✗ 値", "正解 形 (2,)", "あなた list が返りました", "差 —", "Tensor を返します"]),
        (
            torch.empty(2, device="meta"),
            ["✗ 値", "正解 形 (2,)", "あなた torch.float32（meta）", "差 —", "実数の値を返します"],
        ),
    ],
)
def test_a_check_is_one_line_of_named_fields(
    tool: dict[str, Any], capsys: pytest.CaptureFixture[str], yours: object, fields: list[str]
) -> None:
    right = tool["check"]("値", torch.tensor([1.0, 2.0]), yours, "ここ")
    assert capsys.readouterr().out == " ｜ ".join(fields) + "\n"
    assert right is fields[0].startswith("✓")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("pass", "None が返りました（return はありますか）"),
        ("return x.sum().item()", "Tensor のまま返します"),
        ("return x @ torch.ones(3)", "2 行目 `return x @ torch.ones(3)`"),
        ("return exp(x)", "NameError: name 'exp' is not defined、2 行目"),
        ("return answer(x)", "RecursionError"),
        ("raise SystemExit", "SystemExit"),
        ("raise NotImplementedError('Could not run on this backend')", "Could not run on this backend"),
        ("raise ValueError('あ' * 1000)", "…、2 行目"),
    ],
)
def test_an_error_of_a_function_is_told_in_its_line(
    tool: dict[str, Any], capsys: pytest.CaptureFixture[str], body: str, told: str
) -> None:
    answer = student(tool, f"def answer(x):\n    {body}\n")
    assert tool["check"]("値", torch.tensor(1.0), tool["attempt"](answer, ROWS)) is False
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert told in line
    assert len(line) < 300


def test_an_unwritten_function_is_told_once_and_is_not_wrong(
    tool: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = student(tool, 'def answer(x):\n    raise NotImplementedError("ここに書く")\n')
    value = tool["attempt"](answer, ROWS)
    assert not tool["written"](value, "cell")
    assert capsys.readouterr().out == "cell のセル: answer がまだ書かれていません。書いて実行すると、ここが動きます。\n"
    tool["count"]([tool["check"]("値", ROWS, value), True, False], "cell")
    assert capsys.readouterr().out.splitlines() == ["… 値 ｜ answer がまだ書かれていません", "1/2 ✓"]
    assert tool["CHECKED"] == {"cell": "まだ書かれていないところがあります"}


def test_a_missing_function_is_told_by_its_name(tool: dict[str, Any]) -> None:
    assert tool["attempt"]("softmax", ROWS).line.startswith("softmax という名前がありません")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return x.detach() * x", ""),
        ("return x.detach()", "勾配が流れていません"),
        ("return torch.zeros(2, requires_grad=True)", "勾配が流れていません"),
        ("return x.sum().item()", "Tensor のまま返します"),
    ],
)
def test_a_missing_gradient_is_named(
    tool: dict[str, Any], capsys: pytest.CaptureFixture[str], body: str, told: str
) -> None:
    answer = student(tool, f"def answer(x):\n    {body}\n")
    target = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    assert tool["check"]("勾配", target, tool["gradient"](answer, ROWS)) is (not told)
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "marks"),
    [
        ("return x * 1", "✓✓"),
        ("return x.float()", "✗✓"),
        ("x -= 1; return x", "✓✗"),
        ("return x.unsqueeze_(0)", "✓✗"),
        ("return None", ""),
    ],
)
def test_a_changed_dtype_and_a_changed_input_are_named(
    tool: dict[str, Any], capsys: pytest.CaptureFixture[str], body: str, marks: str
) -> None:
    answer = student(tool, f"def answer(x):\n    {body}\n")
    inputs = ROWS.double()
    results = tool["check_manners"](answer, inputs)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == list(marks)
    assert results == [mark == "✓" for mark in marks]
    assert torch.equal(inputs, ROWS.double())


@pytest.mark.parametrize(
    ("value", "text"),
    [(10100, "10100"), (0.65900001, "0.659"), (1e-9, "0"), (0.00002, "0.00002"), (math.inf, "inf"), (-0.5, "-0.5")],
)
def test_numbers_are_readable(tool: dict[str, Any], value: float, text: str) -> None:
    assert tool["readable"](value) == text


@pytest.mark.parametrize(
    ("guess", "values", "lines"),
    [
        ([None, None], [math.nan, math.nan], 0),
        ([0.5, None], [0.5, math.nan], 0),
        (None, [math.nan, math.nan], 0),
        ([0.5], [math.nan, math.nan], 1),
        ([0.5, "0.3"], [math.nan, math.nan], 1),
        ("half", [math.nan, math.nan], 1),
        (0.5, [math.nan, math.nan], 1),
        ({}, [math.nan, math.nan], 1),
        ([True, 0.5], [math.nan, math.nan], 1),
        ([10**400, 0.5], [math.nan, math.nan], 1),
        ([[0.5], 0.5], [math.nan, math.nan], 1),
    ],
)
def test_a_guess_is_read_or_gets_one_line(
    tool: dict[str, Any], capsys: pytest.CaptureFixture[str], guess: object, values: list[float], lines: int
) -> None:
    tool["my_guess"] = guess
    np.testing.assert_equal(tool["read_guess"](2), values)
    assert capsys.readouterr().out.count("\n") == lines
