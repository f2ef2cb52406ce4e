"""Extracts for translation what Babel's own extractors miss: `[tool.babel]` in pyproject.toml names these functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from babel.messages.extract import extract_python

Extracted = tuple[int, str | None, Any, list[str]]  # line, function, message, comments
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def extract_checks(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """The messages of a module of checks, and its checks' titles: the first lines of their docstrings."""
    yield from extract_python(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.parse(file.read()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and (text := ast.get_docstring(node)):
            yield node.lineno, None, text.splitlines()[0], []


def extract_misconceptions(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """The sentences of a catalogue of misconceptions, which its own decorators take: its Japanese texts."""
    for text in ast.walk(ast.parse(file.read())):
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and JAPANESE.search(text.value):
            yield text.lineno, None, text.value, []
