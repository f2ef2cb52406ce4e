"""Recognise cells that only prepare Colab, such as `!pip install …`: without a network they fail at length."""

from __future__ import annotations

import re

from nbformat import NotebookNode

from grader.grading.cell_outputs import note
from grader.submission.language import N_, gettext

SETUP_LINE = re.compile(r"[!%#]|(from|import) google\.colab|drive\.(mount|flush_and_unmount)\(|$")
INSTALLS = re.compile(
    r"^\s*(?:[!%]+\s*(?:\S+/)?(?:sudo |python3? -m )?(?:pip3?|uv|conda|mamba|apt|apt-get)\b|.*google\.colab)", re.M
)
LEFT_OUT = N_(
    "（採点のときはネットワークもドライブもないので、このセルのインストールや接続はできません。点には影響しません。）"
)


def is_installation(source: str) -> bool:
    """Whether all lines of a cell install something or connect to a drive, or are comments or shell commands."""
    lines = source.splitlines()
    return INSTALLS.search(source) is not None and all(SETUP_LINE.match(line.strip()) for line in lines)


def shorten_installations(cells: list[NotebookNode]) -> None:
    """Replace what such cells have shown by one line, and fold their code, as Jupyter's own metadata do."""
    for cell in cells:
        if is_installation(cell.source):
            cell.outputs = [note(gettext(LEFT_OUT))]
            cell.metadata["jupyter"] = {"source_hidden": True}
