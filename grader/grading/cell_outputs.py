"""Parse what a student's process reports as the outputs of a cell; limits hold before anything is built.

Every part is valid in a notebook file afterwards. Must not know which cell it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.validator import get_validator

from grader.errors import StudentGone
from grader.submission.language import N_, gettext

MAX_NODES = 500_000  # JSON values in the outputs of a cell; nbformat takes up to 3 µs for one; a figure or table has 10
MAX_COUNT = 2**31  # execution count of a cell; honest ones count from 1
DISPLAYS = ("display_data", "execute_result")  # outputs that may have a display id, by which later cells update them
TOO_MUCH = N_("出力が多いので、省きました。")
MALFORMED = "outputs in no known form"
TRUNCATED = N_("出力が多いので、ここで打ち切りました")  # by the student's process, which knows no other language


@dataclass(frozen=True)
class CellOutputs:
    """The outputs of one cell.

    displays: (display id, the output that has it). updates: (display id, new `data` and `metadata` for all displays
    with that id, their size in characters).
    """

    outputs: list[NotebookNode]
    displays: list[tuple[str, NotebookNode]] = field(default_factory=list)
    updates: list[tuple[str, NotebookNode, int]] = field(default_factory=list)


def parse_reply(reply: Any) -> tuple[bytes, int | None]:
    """The outputs of a cell as JSON, and its execution count. Raises StudentGone for a reply in any other form."""
    match reply:
        case {"shown": str() | bytes() as text, "count": None | int() as count}:
            if type(count) is not bool and 0 <= (count or 0) < MAX_COUNT:
                return (text if isinstance(text, bytes) else text.encode()), count
    raise StudentGone(MALFORMED)


def parse_outputs(text: bytes, most: int) -> CellOutputs:
    """The outputs of a cell, at most `most` outputs and updates. Raises StudentGone for JSON in any other form."""
    if _too_many(text):
        return only_note(gettext(TOO_MUCH))
    try:
        shown = json.loads(text.decode())
        outputs, displays, updates = shown["outputs"], shown["displays"], shown["updates"]
        if (type(outputs), type(displays), type(updates)) != (list, dict, list):
            raise TypeError
        if len(outputs) + len(updates) > most:
            return only_note(gettext(TOO_MUCH))
        outputs = [nbformat.from_dict(output) for output in outputs]
        if not _valid(outputs):
            raise ValueError
        for output in outputs:
            _translate_end(output)
        places = {str(index): output for index, output in enumerate(outputs) if output.output_type in DISPLAYS}
        return CellOutputs(
            outputs,
            [(_text(display_id), places[index]) for index, display_id in displays.items()],  # so each has one id
            _updates(updates),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StudentGone(MALFORMED) from None


def _too_many(text: bytes) -> bool:
    """Whether the JSON text has more than MAX_NODES values; counted in linear time, the content of strings left out."""
    text = text.replace(rb"\\", b"").replace(rb"\"", b"")
    if text.count(b'"') > 4 * MAX_NODES:  # an entry of a dictionary has two strings
        return True
    bare = b"".join(text.split(b'"')[::2])
    return bare.count(b"[") + bare.count(b"{") + bare.count(b",") > MAX_NODES


def _translate_end(output: NotebookNode) -> None:
    """Translate the note with which `sandbox.runtime.outputs` ends what is too long."""
    end = f"\n{TRUNCATED}\n"
    if isinstance(text := output.get("text"), str) and text.endswith(end):
        output["text"] = f"{text.removesuffix(end)}\n{gettext(TRUNCATED)}\n"


def _updates(updates: list[Any]) -> list[tuple[str, NotebookNode, int]]:
    """See `CellOutputs`; updates with invalid content are left out. Raises what `parse_outputs` catches."""
    ids = [_text(update["display_id"]) for update in updates]
    if len(set(ids)) < len(ids) or any(len(update) != 3 for update in updates):
        raise ValueError
    contents = [nbformat.from_dict({"data": update["data"], "metadata": update["metadata"]}) for update in updates]
    return [
        (display_id, content, len(json.dumps(content)))
        for display_id, content in zip(ids, contents, strict=True)
        if _valid([NotebookNode(output_type="display_data", **content)])
    ]


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def only_note(text: str) -> CellOutputs:
    """A note in place of the outputs of a cell."""
    return CellOutputs([note(text)])


def _valid(outputs: Sequence[Any]) -> bool:
    """Whether the outputs are valid in a notebook file. Validates a whole notebook: nbformat has compiled that schema.

    Not `nbformat.validate`: for invalid content it searches for the reason, which takes 30 s for 240,000 values.
    """
    cell: dict[str, Any] = {"id": "cell", "cell_type": "code", "metadata": {}, "source": "", "execution_count": None}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{**cell, "outputs": outputs}]}
    try:
        get_validator(4, 5, name="fastjsonschema").validate(notebook)
    except (nbformat.ValidationError, RecursionError, AttributeError, TypeError):
        return False
    return not any(output["output_type"] == "update_display_data" for output in outputs)


def note(text: str) -> NotebookNode:
    """A line on standard error, as an output of a notebook."""
    made: NotebookNode = nbformat.v4.new_output("stream", name="stderr", text=text + "\n")
    return made
