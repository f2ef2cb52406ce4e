"""Extracts the titles of checks for translation, beside messages in code: `[tool.babel]` in pyproject.toml names it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, BinaryIO

from babel.messages.extract import extract_python

Extracted = tuple[int, str | None, Any, list[str]]  # line, function, message, comments


def extract_checks(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """The messages of a module of checks, and its checks' titles: the first lines of their docstrings."""
    yield from extract_python(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.parse(file.read()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and (text := ast.get_docstring(node)):
            yield node.lineno, None, text.splitlines()[0], []
