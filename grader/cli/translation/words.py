"""The words in a code cell: Japanese lines of its strings and comments. All else is the same in every language."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import accumulate

JAPANESE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")  # also its punctuation, wide letters and signs
QUOTED = re.compile(
    r"""(?s)(?P<opening>[A-Za-z]*(?P<quote>\"{3}|'{3}|"|'))(?P<text>.*)(?P<closing>(?P=quote))""", re.DOTALL
)
COMMENT = re.compile(r"(?P<opening>#\s*)(?P<text>.*)(?P<closing>)")


def words_of(source: str) -> list[str]:
    """Its Japanese lines in strings and comments, each once, in order: what a translator has to translate.

    A string with {expressions} is one text with them, so that a translation may put them into another order.
    """
    found: dict[str, None] = {}

    def note(line: str) -> str:
        found[line] = None
        return line

    with_words(source, note)
    return list(found)


def with_words(source: str, translate: Callable[[str], str]) -> str:
    """The source with each of its Japanese lines replaced."""
    parts, done = [], 0
    for start, end in _spans(source):
        parts += [source[done:start], _translated(source[start:end], translate)]
        done = end
    return "".join([*parts, source[done:]])


def _spans(source: str) -> Iterator[tuple[int, int]]:
    """Where its strings and comments are. An f-string is one, also from Python 3.12 on, where it is many tokens."""
    lines = list(accumulate((len(line) + 1 for line in source.split("\n")), initial=0))
    depth, begin = 0, 0
    for token in tokenize.generate_tokens(StringIO(source).readline):
        start, end = (lines[row - 1] + column for row, column in (token.start, token.end))
        name = tokenize.tok_name[token.type]
        if name.endswith("STRING_START"):
            begin = begin if depth else start
            depth += 1
        elif name.endswith("STRING_END"):
            depth -= 1
            if not depth:
                yield begin, end
        elif name in ("STRING", "COMMENT") and not depth:
            yield start, end


def _translated(literal: str, translate: Callable[[str], str]) -> str:
    match = COMMENT.fullmatch(literal) if literal.startswith("#") else QUOTED.fullmatch(literal)
    assert match, literal
    lines = (translate(line) if JAPANESE.search(line) else line for line in match["text"].split("\n"))
    return "".join([match["opening"], "\n".join(lines), match["closing"]])


def code_of(source: str) -> str:
    """The code without its words: equal for two sources that differ in strings and comments only.

    The expressions in a formatted string count, but not their order. Raises SyntaxError.
    """
    return ast.dump(_WithoutWords().visit(ast.parse(source)))


class _WithoutWords(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        values = [self.visit(value) for value in node.values if isinstance(value, ast.FormattedValue)]
        return ast.JoinedStr(sorted(values, key=ast.dump))
