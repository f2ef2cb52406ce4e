"""Normalise outputs of cells, so that those of a Jupyter kernel and those of our shell can be compared."""

from __future__ import annotations

import re
import struct
import sys
import sysconfig
import tempfile
from base64 import b64decode
from pathlib import Path
from typing import Any

SANDBOX = Path(__file__).parents[2] / "grader" / "sandbox"
COLOUR = r"(?:\x1b\[[\d;]*m)*"
REPLACED = [  # pattern → replacement, applied in this order
    (re.escape(sysconfig.get_path("purelib")), "<site-packages>"),
    (re.escape(sysconfig.get_path("stdlib")), "<python>"),
    (re.escape(sys.executable), "<python>/bin/python"),
    (re.escape(sys.prefix), "<prefix>"),
    (r"[^\s\"]*/ipykernel_\d+/\d+\.py|(?<=\()\d{6,}\.py(?=, line)", "<cell>"),
    (re.escape(tempfile.gettempdir()) + r"/tmp\w+", "<temporary>"),
    (r"0x[0-9a-f]{6,}", "0x…"),
    (r"(CPU times|Wall time): [^\n]*|[\d.]+ [mμnp]?s ± [^\n]*", r"\1 <time>"),
    (r"\[\d+:\d\d<[^\]\n]*(?:it/s|s/it)\]", "[<time>]"),
    (r"(?m)(?<=^\[)\d+(?=\] )|(?<=pid=)\d+|(?<=Process-)\d+|(?<=Task-)\d+", "N"),
]
# Traceback frames of the kernel or of our shell, between the student's line and the error that it raises.
SHELL_FRAME = re.compile(rf"{COLOUR}File {COLOUR}(?:<site-packages>/ipykernel/|{re.escape(str(SANDBOX))}/)")


def normalised(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join adjacent streams, apply carriage returns and backspaces, and replace what differs between two runs."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if joined and output["output_type"] == "stream" and joined[-1].get("name") == output["name"]:
            joined[-1]["text"] += output["text"]
        else:
            joined.append(dict(output))
    return [_normalised(output) for output in joined]


def with_picture_sizes(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Replace each PNG by its width and height in pixels: fonts and versions may change the rest. Changes its input."""
    for output in outputs:
        data = output.get("data", {})
        if data.get("image/png", "").startswith("iVBORw0KGgo"):
            data["image/png"] = struct.unpack(">II", b64decode(data["image/png"])[16:24])
    return outputs


def _normalised(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, replacement in REPLACED:
            value = re.sub(pattern, replacement, value)
        return value
    if isinstance(value, list):
        return [_normalised(v) for v in value]
    if not isinstance(value, dict):
        return value
    value = {key: v if key == "image/png" else _normalised(v) for key, v in value.items()}
    if value.get("output_type") == "stream":
        while (shorter := re.sub(r"[^\n]\x08|(?m:^)\x08", "", value["text"], count=1)) != value["text"]:
            value["text"] = shorter
        value["text"] = re.sub(r".*\r(?=[^\n])", "", value["text"])  # as nbclient does
    if value.get("output_type") == "error":
        value["traceback"] = [entry for entry in value["traceback"] if not SHELL_FRAME.match(entry)]
    return value
