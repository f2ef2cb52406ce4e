"""A notebook file of any format and any state → its cells, each field of its type. Pure, bounded, and never surprised.

It must not know the release: which cell is whose is `sanitise`'s question.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from grader.submission.clean_html import picture, text

MAX_BYTES = 50 << 20  # a notebook with a hundred figures has 5 MB
MAX_NODES = 1_000_000  # brackets, so lists and dicts at most: 50 MB of `{},` would take 8 GB as objects
MAX_CELLS = 2000
MAX_PICTURE, MAX_PICTURES = 2 << 20, 6 << 20  # characters of base64, of one and of a cell's; a figure has 30 kB

OLD_SOURCES = "input", "code", "source", "text"  # of a cell of formats 1 to 3, by its kind
OLD_FORMS = {"png": "image/png", "text": "text/plain"}  # of their outputs, those that `sanitise` looks at

TOO_MUCH = "ノートブックとして読めません（中身が多すぎます）"


@dataclass(frozen=True)
class Handed:
    """One cell as it was handed in. kind: "code", "markdown" or what else the file says; attachments: pictures only."""

    kind: str
    source: str
    id: str
    grade_id: str
    outputs: list[Any]
    attachments: dict[str, dict[str, str]]


def cells_of(submitted: bytes) -> list[Handed]:
    """The cells of a notebook file. Raises ValueError with the reason, in the student's words, where it is none."""
    if len(submitted) > MAX_BYTES:
        raise ValueError(f"ファイルが大きすぎます（{len(submitted) >> 20} MB）")
    if not submitted.strip():
        raise ValueError("ファイルが空です")
    nodes = submitted.count(b"{") + submitted.count(b"[")
    if nodes > MAX_NODES:
        raise ValueError(TOO_MUCH)
    try:
        content = json.loads(_decoded(submitted))
    except (ValueError, RecursionError):
        raise ValueError("ノートブックとして読めません（JSON ではありません）") from None
    try:
        cells = _upgraded(content) if content.get("nbformat", 1) in (1, 2, 3) else content["cells"]
        if not isinstance(cells, list):
            raise TypeError("cells")
        handed = [_handed(cell) for cell in cells[:MAX_CELLS] if isinstance(cell, dict)]
    except (LookupError, TypeError, AttributeError):  # it is some other JSON
        raise ValueError("ノートブックとして読めません（形式が違います）") from None
    if len(cells) > MAX_CELLS:
        raise ValueError(f"ノートブックとして読めません（セルが {len(cells)} 個あります）")
    return handed


def _decoded(submitted: bytes) -> str:
    """As JSON is written; or as a script on a Japanese Windows writes it; or what can be read of it."""
    encoding = json.detect_encoding(submitted)
    for guess in (encoding, "cp932"):
        try:
            return submitted.decode(guess)
        except UnicodeDecodeError:
            pass
    return submitted.decode(encoding, "replace")


def _upgraded(content: dict[str, Any]) -> list[Any]:
    """The cells of formats 1 to 3, with format 4's names for what is looked at.

    Not by nbformat, which makes much of little: a heading's level becomes as many characters, in format 1 a cell of no
    known kind a copy of the one before, and 1 MB of outputs of no known kind 30 s and 2 GB of complaints.
    """
    sheets = content.get("worksheets", [content])  # format 1 has none
    return [_upgraded_cell(cell) for sheet in sheets for cell in sheet["cells"] if isinstance(cell, dict)]


def _upgraded_cell(cell: dict[str, Any]) -> dict[str, Any]:
    source = text(next((cell[name] for name in OLD_SOURCES if name in cell), ""))
    if cell.get("cell_type") == "heading":
        level = cell.get("level")
        source = "#" * (min(max(level, 1), 6) if type(level) is int else 1) + " " + " ".join(source.splitlines())
    outputs = cell.get("outputs")
    upgraded = [_upgraded_output(output) for output in outputs] if isinstance(outputs, list) else []
    return {**cell, "source": source, "id": "", "outputs": upgraded}


def _upgraded_output(output: Any) -> Any:
    """A display's forms stand beside its type there; what was printed looks the same."""
    if not isinstance(output, dict) or output.get("output_type") not in ("pyout", "display_data"):
        return output
    return {**output, "data": {mime: output[name] for name, mime in OLD_FORMS.items() if name in output}}


def _handed(cell: dict[str, Any]) -> Handed:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    outputs, attachments = cell.get("outputs"), cell.get("attachments")
    return Handed(
        text(cell.get("cell_type")),
        text(cell.get("source")),
        text(cell.get("id")),
        text(nbgrader.get("grade_id")) if isinstance(nbgrader, dict) else "",
        outputs if isinstance(outputs, list) else [],
        _pictures(attachments) if isinstance(attachments, dict) else {},
    )


def _pictures(attachments: dict[Any, Any]) -> dict[str, dict[str, str]]:
    """What a student pasted into an observation."""
    kept: dict[str, dict[str, str]] = {}
    room = MAX_PICTURES
    for name, content in attachments.items():
        for mime in ("image/png", "image/jpeg"):
            data = picture(content.get(mime), min(room, MAX_PICTURE)) if isinstance(content, dict) else ""
            if data:
                kept[text(name)] = {mime: data}
                room -= len(data)
    return kept
