"""Parse a notebook file of any nbformat version, however malformed, into cells whose fields have known types.

Pure and bounded in time and memory. This module does not know the released notebook; `match` compares the two.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

from grader.submission.fields import as_picture, as_text
from grader.submission.language import gettext

MAX_NOTEBOOK_BYTES = 50 << 20  # a notebook with a hundred figures has 5 MB
# Strings, lists, dicts and commas in the JSON: 50 MB of `{},` would take 8 GB as objects, 50 MB of `"ab",` 800 MB. A
# line of text is two of them; what is inside a string does not count.
MAX_PARTS = 2_000_000
PART = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,]', re.DOTALL)  # a string without end, too: then it is linear
MAX_CELLS = 2000
MAX_PICTURE_CHARS, MAX_CELL_PICTURE_CHARS = 2 << 20, 6 << 20  # of base64; a figure has 30 kB

OLD_SOURCE_KEYS = "input", "code", "source", "text"  # nbformat 1 to 3, depending on the kind of cell
OLD_MIME_TYPES = {"png": "image/png", "text": "text/plain"}  # nbformat 1 to 3; only those that `rebuild` reads

# `publish` puts such a line below a notebook's title; it is not a student's text.
BADGE = "[![Colab](https://colab.research.google.com/assets/colab-badge.svg)]("
BADGE_LINE = re.compile(rf"\n{re.escape(BADGE)}[^\n]*\n")


@dataclass(frozen=True)
class SubmittedCell:
    """One cell of a submission.

    kind: the file's cell type, normally "code" or "markdown". id, grade_id: "" if missing. outputs: unchecked values.
    attachments: name → {MIME type: base64}, pictures only.
    """

    kind: str
    source: str
    id: str
    grade_id: str
    outputs: list[object]
    attachments: dict[str, dict[str, str]]


def parse_cells(submitted: bytes) -> list[SubmittedCell]:
    """Return the cells of a notebook file.

    Raises ValueError, with a message for the student, if the file is not a notebook or exceeds a limit.
    """
    if len(submitted) > MAX_NOTEBOOK_BYTES:
        raise ValueError(gettext("ファイルが大きすぎます（{size} MB）").format(size=len(submitted) >> 20))
    if not submitted.strip():
        raise ValueError(gettext("ファイルが空です"))
    text = _decode(submitted)
    if next(islice(PART.finditer(text), MAX_PARTS, None), None):
        raise ValueError(gettext("ノートブックとして読めません（中身が多すぎます）"))
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(gettext("ノートブックとして読めません（JSON ではありません）")) from None
    del text  # up to 200 MB: a character beyond U+FFFF makes it four bytes a character
    try:
        cells = _upgrade_cells(notebook) if notebook.get("nbformat", 1) in (1, 2, 3) else notebook["cells"]
        if not isinstance(cells, list):
            raise TypeError("cells")
        parsed = [_parse_cell(cell) for cell in cells[:MAX_CELLS] if isinstance(cell, dict)]
    except (LookupError, TypeError, AttributeError):  # JSON, but not a notebook
        raise ValueError(gettext("ノートブックとして読めません（形式が違います）")) from None
    if len(cells) > MAX_CELLS:
        message = gettext("ノートブックとして読めません（セルが {count} 個あります）")
        raise ValueError(message.format(count=len(cells)))
    return parsed


def _decode(submitted: bytes) -> str:
    """Decode UTF-8, -16 or -32, or what a script on a Japanese Windows writes; replace bytes that are neither."""
    encoding = json.detect_encoding(submitted)
    for candidate in (encoding, "cp932"):
        try:
            return submitted.decode(candidate)
        except UnicodeDecodeError:
            pass
    return submitted.decode(encoding, "replace")


def _upgrade_cells(notebook: dict[str, Any]) -> list[object]:
    """Return the cells of nbformat 1 to 3 under format 4's field names; only the fields that are read later.

    nbformat's own upgrade is not used, because small files make it expensive: a heading's level becomes as many
    characters, a cell of an unknown kind in format 1 becomes a copy of the one before, and 1 MB of outputs of unknown
    kinds causes 30 s and 2 GB of warnings.
    """
    sheets = notebook.get("worksheets", [notebook])  # format 1 has no worksheets
    return [_upgrade_cell(cell) for sheet in sheets for cell in sheet["cells"] if isinstance(cell, dict)]


def _upgrade_cell(cell: dict[str, Any]) -> dict[str, object]:
    source = as_text(next((cell[key] for key in OLD_SOURCE_KEYS if key in cell), ""))
    if cell.get("cell_type") == "heading":
        level = cell.get("level")
        source = "#" * (min(max(level, 1), 6) if type(level) is int else 1) + " " + " ".join(source.splitlines())
    outputs = cell.get("outputs")
    upgraded = [_upgrade_output(output) for output in outputs] if isinstance(outputs, list) else []
    return {**cell, "source": source, "id": "", "outputs": upgraded}


def _upgrade_output(output: object) -> object:
    """Move a display's content into "data"; formats 1 to 3 store it beside "output_type". Streams need no change."""
    if not isinstance(output, dict) or output.get("output_type") not in ("pyout", "display_data"):
        return output
    return {**output, "data": {mime: output[key] for key, mime in OLD_MIME_TYPES.items() if key in output}}


def _parse_cell(cell: dict[str, object]) -> SubmittedCell:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    outputs, attachments = cell.get("outputs"), cell.get("attachments")
    return SubmittedCell(
        kind=as_text(cell.get("cell_type")),
        source=BADGE_LINE.sub("", as_text(cell.get("source")), count=1),
        id=as_text(cell.get("id")),
        grade_id=as_text(nbgrader.get("grade_id")) if isinstance(nbgrader, dict) else "",
        outputs=outputs if isinstance(outputs, list) else [],
        attachments=_pictures(attachments) if isinstance(attachments, dict) else {},
    )


def _pictures(attachments: dict[object, object]) -> dict[str, dict[str, str]]:
    """Keep the PNG and JPEG pictures that a student pasted into a text cell."""
    kept: dict[str, dict[str, str]] = {}
    chars_left = MAX_CELL_PICTURE_CHARS
    for name, content in attachments.items():
        for mime in ("image/png", "image/jpeg"):
            limit = min(chars_left, MAX_PICTURE_CHARS)
            data = as_picture(content.get(mime), limit) if isinstance(content, dict) else ""
            if data:
                kept[as_text(name)] = {mime: data}
                chars_left -= len(data)
    return kept
