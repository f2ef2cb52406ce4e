"""Bring terminal text into a form that every viewer shows in linear time: few colours, no other control sequences.

nbconvert copies the rest of a text at each escape sequence, and the rest of a line at each character of a line after a
carriage return: both are quadratic, so 1.5 MB of escapes took 71 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from nbformat import NotebookNode

MAX_COLOUR_CHANGES = 4_000  # in one notebook; each is an element of the page. A coloured traceback has 100
MAX_COPIED_CHARS = 300_000_000  # in one notebook: nbconvert copies the rest of a text at each change; 0.1 s
COLOURS_OFF = "\x1b[0m"
ESCAPE = re.compile(
    r"\x1b(?:\[(?P<colours>[0-9;]{0,40})m"  # SGR: colours
    r"|\[[0-?]*[ -/]*[@-~]?"  # any other control sequence
    r"|\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # an operating system command, such as a link
    r"|[ -~]?)"
)
TEXT_FIELDS = ("ename", "evalue")


class Colours(NamedTuple):
    """What is switched on, as SGR codes. foreground, background: "31", "38;5;208" or "38;2;9;9;9"; "" if default."""

    foreground: str = ""
    background: str = ""
    bold: str = ""
    underline: str = ""
    inverse: str = ""

    def changed_by(self, codes: str) -> Colours:
        """Apply the parameters of one SGR sequence, such as "1;31"; unknown and malformed ones are ignored."""
        state, numbers = self, [int(code[-4:]) if code else 0 for code in codes.split(";")]
        index = 0
        while index < len(numbers):
            code = numbers[index]
            index += 1
            if code in (38, 48):
                length = {5: 2, 2: 4}.get(numbers[index] if index < len(numbers) else 0, 0)
                extended = numbers[index : index + length]
                if not length or len(extended) < length or max(extended) > 255:
                    return state
                text = ";".join(map(str, (code, *extended)))
                state = state._replace(**{"foreground" if code == 38 else "background": text})
                index += length
            else:
                state = state._simple(code)
        return state

    def _simple(self, code: int) -> Colours:
        if code == 0:
            return Colours()
        if code in (39, 49):
            return self._replace(**{"foreground" if code == 39 else "background": ""})
        if code // 10 in (3, 9) and code % 10 < 8:
            return self._replace(foreground=str(code))
        if code // 10 in (4, 10) and code % 10 < 8 and code >= 40:
            return self._replace(background=str(code))
        switches = {1: "bold", 5: "bold", 4: "underline", 7: "inverse"}
        if code in switches:
            return self._replace(**{switches[code]: str(code)})
        off = {21: "bold", 22: "bold", 24: "underline", 27: "inverse"}
        return self._replace(**{off[code]: ""}) if code in off else self

    def sequence_after(self, before: Colours) -> str:
        """The one escape sequence that leads here from `before`."""
        codes = ";".join(filter(None, self))
        if not codes:
            return COLOURS_OFF
        return f"\x1b[0;{codes}m" if any(before) else f"\x1b[{codes}m"


class ColourBudget:
    """Limits the colour changes in one notebook, and the work that they are for nbconvert."""

    def __init__(self) -> None:
        self._changes_left, self._copied_left = MAX_COLOUR_CHANGES, MAX_COPIED_CHARS

    def clean(self, text: str) -> str:
        """Return the text with its colours, as long as the budget lasts, and without other escape sequences. Linear."""
        if "\x1b" not in text:
            return text
        changes = allowed = min(self._changes_left, self._copied_left // len(text))
        parts: list[str] = []
        state = shown = Colours()
        place = 0
        for escape in ESCAPE.finditer(text):
            if escape.start() > place:
                if state != shown and changes > 1:  # one is left for the end
                    parts.append(state.sequence_after(shown))
                    shown, changes = state, changes - 1
                parts.append(text[place : escape.start()])
            place = escape.end()
            if (codes := escape["colours"]) is not None:
                state = state.changed_by(codes)
        if place < len(text):
            if state != shown and changes > 1:
                parts.append(state.sequence_after(shown))
                shown, changes = state, changes - 1
            parts.append(text[place:])
        if any(shown):
            parts.append(COLOURS_OFF)
            changes -= 1
        self._changes_left -= allowed - changes
        self._copied_left -= (allowed - changes) * len(text)
        return "".join(parts)


def settle(outputs: Iterable[NotebookNode], colours: ColourBudget) -> list[NotebookNode]:
    """Return valid outputs of one cell with streams merged, carriage returns applied and colours limited.

    Applying it twice changes nothing. nbconvert merges streams too, so their length counts together.
    """
    settled: list[NotebookNode] = []
    texts: list[str] = []  # of the stream at the end of `settled`
    for output in outputs:
        last = settled[-1] if settled else {}
        if output["output_type"] == "stream" == last.get("output_type") and output["name"] == last["name"]:
            texts.append(output["text"])
            continue
        _end_stream(settled, texts, colours)
        settled.append(NotebookNode(output))
        texts = [output["text"]] if output["output_type"] == "stream" else []
        if output["output_type"] == "error":
            settled[-1].update({key: colours.clean(output[key]) for key in TEXT_FIELDS})
            settled[-1]["traceback"] = [colours.clean(line) for line in output["traceback"]]
        elif "text/plain" in (data := output.get("data", {})):
            settled[-1]["data"] = NotebookNode({**data, "text/plain": colours.clean(data["text/plain"])})
    _end_stream(settled, texts, colours)
    return settled


def _end_stream(settled: list[NotebookNode], texts: list[str], colours: ColourBudget) -> None:
    if texts:
        settled[-1]["text"] = colours.clean(_overwrite("".join(texts)))


def _overwrite(text: str) -> str:
    """Apply carriage returns as nbconvert does: what precedes one in a line is dropped, as with progress bars."""
    if "\r" not in text:
        return text
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
