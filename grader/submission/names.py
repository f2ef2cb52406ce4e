"""Which names a cell's code defines, and how to put a stub back without replacing names that are defined already.

Pure. Only the instructor's code is parsed; a student's code is searched with patterns that take linear time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import TypeGuard

from grader.submission.language import N_, gettext

PUT_BACK = N_("# 配布したときのセルに戻しました。上のセルで定義された名前は、そのまま使います。")
OWN_SCOPE = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp
DEFINITION = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)", re.M)
ASSIGNMENT = re.compile(r"^([\w,*()\[\] \t]+)(?::[^=\n]*)?=(?!=)", re.M)
CALL = re.compile(r"\w[(\[]")  # on the left of "=": a call with a keyword, or an item


def keep_names_above(stub: str) -> str:
    """Return a stub's code, changed so that at run time no statement replaces a name that is defined already.

    The condition is evaluated in the student's process, so it does not matter how a name was defined: an assignment, an
    import, `exec`, a magic. Code that is not plain Python is returned unchanged.
    """
    try:
        statements = ast.parse(stub).body
    except (SyntaxError, ValueError):
        return stub
    lines = stub.split("\n")
    in_text = _lines_inside_strings(statements)
    written, end = [gettext(PUT_BACK)], 0
    for last, names in _blocks(statements):
        block = lines[end:last]
        end = last
        if not names:
            written += block
            continue
        while block and not block[0].strip():
            written.append(block.pop(0))
        quoted = ", ".join(f'"{name}"' for name in sorted(names))
        defined = f"{quoted} not in globals()" if len(names) == 1 else f"not {{{quoted}}} & globals().keys()"
        first = last - len(block) + 1
        written.append(f"if {defined}:")
        written += [
            line if number in in_text or not line.strip() else f"    {line}" for number, line in enumerate(block, first)
        ]
    return "\n".join(written + lines[end:])


def defines_any(source: str, names: Collection[str]) -> bool:
    """Whether some line of a student's code looks like a definition of, or an assignment to, one of these names."""
    if any(match[1] in names for match in DEFINITION.finditer(source)):
        return True
    targets = (match[1] for match in ASSIGNMENT.finditer(source))
    return any(not set(names).isdisjoint(re.findall(r"\w+", left)) for left in targets if not CALL.search(left))


def names_of(stub: str) -> set[str]:
    """The names that the instructor's code defines; empty if it is not plain Python."""
    try:
        return {name for statement in ast.parse(stub).body for name in _bound(statement)}
    except (SyntaxError, ValueError):
        return set()


def _blocks(statements: list[ast.stmt]) -> list[tuple[int, set[str]]]:
    """Group statements that share a name or a line. → the last line (from 1) and the names of each group, in order."""
    blocks: list[tuple[int, set[str]]] = []
    for statement in statements:
        names = set(_bound(statement))
        sharing = (index for index, (last, others) in enumerate(blocks) if names & others or statement.lineno <= last)
        first = next(sharing, len(blocks))
        for _, others in blocks[first:]:
            names |= others
        blocks[first:] = [(statement.end_lineno or statement.lineno, names)]
    return blocks


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds in the notebook's namespace, or whose items or attributes it sets."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        root: ast.expr = node
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if isinstance(root, ast.Name):
            yield root.id
    if not isinstance(node, OWN_SCOPE):
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)


def _lines_inside_strings(statements: list[ast.stmt]) -> set[int]:
    """The lines that continue a string, docstrings excepted: indenting them would change the string."""
    inside: set[int] = set()
    for node in (node for statement in statements for node in ast.walk(statement)):
        for child in ast.iter_child_nodes(node):
            if _is_string(child) and not isinstance(node, ast.Expr):
                inside.update(range(child.lineno + 1, (child.end_lineno or child.lineno) + 1))
    return inside


def _is_string(node: ast.AST) -> TypeGuard[ast.Constant | ast.JoinedStr]:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
