"""Terminal text keeps its colours, and costs every viewer linear time: few changes, no other control characters."""

from __future__ import annotations

import random
import re
from html import unescape

import pytest
from nbconvert.filters.ansi import ansi2html
from nbformat import NotebookNode

from grader.submission import colours
from grader.submission.clean_outputs import MAX_OUTPUTS, OutputBudget, kept_outputs
from grader.submission.colours import MAX_COLOUR_CHANGES, ColourBudget, settle
from tests.helpers.course_fixture import PIXEL

PIECES = ["a", "b\n", "\x1b[m", "\x1b[0m", "\x1b[1m", "\x1b[4;31m", "\x1b[7m", "\x1b[22m", "\x1b[27m", "\x1b[38;5;208m",
          "\x1b[48;2;1;2;3m", "\x1b[91m", "\x1b[102m", "\x1b[39m", "\x1b[49m", "\x1b[24m", "\x1b[2K", "\x1b[5m",
          "\x1b[38;5;300m", "\x1b[38;9m", "\x1b[99m", "\x1b[44m"]  # fmt: skip
# Each was quadratic in nbconvert, or makes a page of very many elements.
SLOW = {
    "empty changes": "\x1b[m" * 200_000,
    "resets": "\x1b[0mx" * 100_000,
    "coloured letters": "\x1b[31ma\x1b[32mb" * 50_000,
    "other sequences": "\x1b[2Kx" * 100_000,
    "parameters in one sequence": "x\x1b[" + "1;" * 200_000 + "my",
    "no end": "\x1b[" * 200_000,
    "no end, with digits": "\x1b[1" * 100_000,
    "commands without end": "\x1b]8" * 100_000,
    "a command over all": "\x1b]" + "a" * 200_000,
    "escapes alone": "\x1b" * 200_000,
    "colours before a long text": "\x1b[31ma\x1b[32mb" * 3_000 + "x" * 5_000_000,
    "a line after a carriage return": "\r\n" + "x" * 200_000,
    "carriage returns": "\r" * 200_000 + "x",
    "progress bars": "50%\r" * 100_000,
}  # fmt: skip


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return NotebookNode(output_type="stream", name=name, text=text)


def changes(outputs: list[NotebookNode]) -> int:
    """Escape sequences in the outputs; there must be no other control character that a viewer acts on."""
    text = "".join(output.get("text", "") + "".join(output.get("traceback", ())) for output in outputs)
    assert text.count("\x1b") == len(re.findall(r"\x1b\[[0-9;]{1,60}m", text))
    assert "\r" not in text
    return text.count("\x1b")


def letters(html: str) -> list[tuple[str, str]]:
    """Each visible character with the attributes of its element."""
    pieces = re.findall(r"<span([^>]*)>([^<]*)</span>|([^<]+)", html)
    return [(letter, style) for style, inside, outside in pieces for letter in unescape(inside or outside)]


@pytest.mark.parametrize("seed", range(100))
def test_nbconvert_shows_the_same_colours(seed: int) -> None:
    text = "".join(random.Random(seed).choices(PIECES, k=30))
    clean = ColourBudget().clean(text)
    assert letters(ansi2html(clean)) == letters(ansi2html(text))
    assert ColourBudget().clean(clean) == clean


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_few_changes_are_left(slow: str) -> None:
    for shown in (
        [stream(slow)],
        [stream("a"), stream(slow), stream(slow[:1000])],
        [{"output_type": "error", "ename": "E", "evalue": "", "traceback": [slow.replace("\r", "")]}],
    ):
        cleaned = OutputBudget().clean(shown)
        assert changes(cleaned) <= MAX_COLOUR_CHANGES
        assert changes(cleaned) * max(len(o.get("text", "")) for o in cleaned) <= colours.MAX_COPIED_CHARS


def test_the_limit_holds_for_all_outputs_together() -> None:
    budget = OutputBudget()
    shown = [stream("\x1b[31ma\x1b[32mb" * 1000, name) for name in ("stdout", "stderr") * 5]
    cleaned = [output for _ in range(3) for output in budget.clean(shown)]
    assert MAX_COLOUR_CHANGES - 100 < changes(cleaned) <= MAX_COLOUR_CHANGES
    assert "".join(output.text for output in cleaned).count("a") == 30_000, "the text itself is kept"


@pytest.mark.parametrize("field", ["text/plain", "evalue", "ename"])
def test_every_field_with_terminal_text_is_cleaned(field: str) -> None:
    raised = {"output_type": "error", "ename": "", "evalue": "", "traceback": [], field: SLOW["coloured letters"]}
    shown = {"output_type": "display_data", "data": {field: SLOW["coloured letters"]}}
    assert str(OutputBudget().clean([shown if "/" in field else raised])).count("x1b") <= MAX_COLOUR_CHANGES


def test_progress_bars_show_their_last_state() -> None:
    bars = [stream(" 50%\r"), stream("100%\r\n"), stream("done\n"), stream("10%\r20%", "stderr")]
    assert settle(bars, ColourBudget()) == [stream("100%\ndone\n"), stream("20%", "stderr")]


def test_a_cells_outputs_are_counted_before_they_are_read() -> None:
    """nbformat's validation of 20,000 tiny outputs took 46 s."""
    read: list[int] = []

    def endless() -> object:
        for number in range(20_000):
            read.append(number)
            yield {"output_type": "display_data", "data": {"text/plain": "x"}}

    assert len(OutputBudget().clean(endless())) == MAX_OUTPUTS + 1
    assert len(read) == MAX_OUTPUTS + 1
    read.clear()
    assert len(kept_outputs(endless(), 1_000_000, 20_000, 1_000_000)) == 1
    assert len(read) <= MAX_OUTPUTS + 1
    read.clear()
    kept_outputs(endless(), 300, 20_000, 1_000_000)
    assert len(read) < 10, "no reading on after the room is used up"


def test_kept_outputs_are_text_and_png() -> None:
    shown = [
        {"output_type": "execute_result", "data": {"text/plain": "3.0"}},
        {"output_type": "display_data", "data": {"image/png": PIXEL, "text/html": "<b>x</b>"}},
        {"output_type": "stream", "text": "\x1b[31m" + "x" * 50},
        *([], None, 3, {"data": 3}),
    ]
    text, picture, long = kept_outputs(shown, 10_000, 20, 1_000)
    assert (text, long) == (stream("3.0\n"), stream("\x1b[31m" + "x" * 15 + "\n\x1b[0m"))
    assert picture.data["image/png"] == PIXEL
    assert not kept_outputs(shown[1:2], 10_000, 20, len(PIXEL) - 1)
