"""A notebook file of any format and any state → its cells, each field of its type. Pure, bounded, and never surprised.

It must not know the release: which cell is whose is `sanitise`'s question.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import nbformat

from grader.harmless import picture, text

MAX_BYTES = 50 << 20  # a notebook with a hundred figures has 5 MB
MAX_NODES = 1_000_000  # brackets, so lists and dicts at most: 50 MB of `{},` would take 8 GB as objects
MAX_NODES_OLD = 100_000  # in formats before 4, which nbformat converts: 10 s for so many
MAX_CELLS = 2000
MAX_PICTURE, MAX_PICTURES = 2 << 20, 6 << 20  # characters of base64, of one and of a cell's; a figure has 30 kB

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
    old = isinstance(content, dict) and content.get("nbformat", 1) in (1, 2, 3)
    if old and nodes > MAX_NODES_OLD:
        raise ValueError(TOO_MUCH)
    try:
        cells = _upgraded(content) if old else content["cells"]
        if not isinstance(cells, list):
            raise TypeError("cells")
        handed = [_handed(cell) for cell in cells[:MAX_CELLS] if isinstance(cell, dict)]
    except Exception:  # nbformat meets arbitrary JSON here
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


def _upgraded(content: Any) -> list[Any]:
    """The cells of an older format in nbformat 4's form; without ids, for those that nbformat makes up are random."""
    return [{**cell, "id": ""} for cell in nbformat.convert(nbformat.from_dict(content), 4).cells]


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
