"""Run the instructor's own notebook: its names answer the checks, its functions serve trusted computations.

Only the instructor's source is executed here, never a student's.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import nbformat


def solved(source: bytes, variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run the instructor's notebook from top to bottom without its checks cells; → the names that it defines.

    variables: the environment while it runs. Raises what the notebook raises.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    with environment(variables or {}):
        for cell in code_cells(source):
            exec(compile(cell.source, f"<{cell.id}>", "exec"), names)
    return names


def code_cells(source: bytes) -> list[Any]:
    """The code cells of an instructor's notebook, without its checks cells."""
    notebook = nbformat.reads(source.decode(), as_version=4)
    return [c for c in notebook.cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("points")]


def definitions(source: bytes) -> dict[str, Any]:
    """Only its imports, functions, classes and ALL_CAPS constants: nothing is trained, drawn or loaded."""
    names: dict[str, Any] = {"__name__": "solution"}
    for cell in code_cells(source):
        body = [node for node in ast.parse(cell.source).body if _defines(node)]
        exec(compile(ast.Module(body, type_ignores=[]), f"<{cell.id}>", "exec"), names)
    return names


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return all(isinstance(t, ast.Name) and t.id.isupper() for t in node.targets)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and restore them at the end."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
