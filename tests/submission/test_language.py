"""Every message has its English, and nothing is said that is not a message."""

from __future__ import annotations

import ast
import os
import re
import shutil
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from grader.submission.language import JAPANESE, LOCALE, N_, gettext, language, languages, ngettext, speaking
from tests.helpers.messages import JAPANESE as CHARACTERS

PROJECT = Path(__file__).parents[2]
GRADER = PROJECT / "grader"
# Japanese texts that are no messages. By module: a part of the text, and why.
NO_MESSAGES = {
    "cli/lms/arrange": {"のコピー": "what browsers and Drive add to the name of a copy"},
    "cli/translation/words": {"\u3000": "a pattern for Japanese characters"},
    "cli/lms/moodle": {"年": "a date as Moodle writes it in Japanese"},
    "errors": {"、正しくは ": "of a Mismatch as plain pytest prints it; students read `evidence.explain`"},
    "sandbox/runtime/outputs": {"出力が多いので": "imports nothing of ours; `cell_outputs` translates it"},
    "sandbox/runtime/shell": {"あ": "a title that makes matplotlib load a Japanese font"},
    "submission/overlooked": {"（）「」・ー": "characters of file names"},
}
OTHER_PAGES = "student_feedback"  # a template for assignments that this package does not check
PLACEHOLDERS = re.compile(r"%\(\w+\)\w")


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def messages(path: Path) -> list[Message]:
    return [message for message in catalogue(path) if message.id]


ENGLISH = LOCALE / "en.po"


def texts(value: str | list[str] | tuple[str, ...]) -> list[str]:
    """The forms of a message, one or as many as the language has."""
    return [value] if isinstance(value, str) else list(value)


def placeholders(text: str) -> set[str]:
    braces = {f"{{{name}}}" for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return braces | set(PLACEHOLDERS.findall(text))


def test_a_message_is_said_in_the_language_in_use() -> None:
    assert languages() == [JAPANESE, "en"]
    assert (language(), gettext("未採点")) == ("ja", "未採点")
    with speaking("en"):
        assert (language(), gettext("未採点"), N_("未採点")) == ("en", "ungraded", "未採点")
        assert gettext("no message") == ngettext("no message", "no messages", 1) == "no message"
        assert gettext("") == ""
        with speaking("xx"):
            assert gettext("未採点") == "未採点"
        assert gettext("未採点") == "ungraded"
    assert gettext("未採点") == "未採点"


@pytest.mark.parametrize("message", messages(ENGLISH), ids=lambda message: str(message.id)[:40])
def test_a_translation_says_all_and_nothing_in_japanese(message: Message) -> None:
    assert not message.fuzzy
    for text in texts(message.string):
        assert text
        assert placeholders(text) == placeholders(texts(message.id)[0])
        assert not CHARACTERS.search(text)
        assert not re.search("[、。「」（）：]", text)


def test_the_documented_command_finds_the_messages_that_are_translated(tmp_path: Path) -> None:
    (command,) = re.findall(r"^PYTHONPATH=\. pybabel -q .+$", (PROJECT / "CONTRIBUTING.md").read_text(), re.M)
    for folder in ("grader", "tests/helpers"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / "build").mkdir()
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]])}
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, check=True)
    updated = messages(tmp_path / ENGLISH.relative_to(PROJECT))
    assert {m.id for m in updated} == {m.id for m in messages(ENGLISH)}
    assert [m.id for m in updated if not all(texts(m.string))] == []


def literals(tree: ast.AST) -> Iterator[str]:
    """The texts in code that are neither docstrings, nor messages, nor in a check whose source has to stay."""
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in ("gettext", "N_", "_"):
        return
    if isinstance(tree, ast.FunctionDef) and any("given(" in ast.unparse(d) for d in tree.decorator_list):
        return
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant):
        return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.value
    for child in ast.iter_child_nodes(tree):
        yield from literals(child)


def test_code_says_nothing_in_japanese_but_messages() -> None:
    for path in GRADER.rglob("*.py"):
        if path.parent.name == "misconceptions":  # all of its Japanese texts are messages
            continue
        allowed = NO_MESSAGES.get(path.relative_to(GRADER).with_suffix("").as_posix(), {})
        found = [text for text in literals(ast.parse(path.read_text())) if CHARACTERS.search(text)]
        assert [text for text in found if not any(part in text for part in allowed)] == [], path
        assert [part for part in allowed if not any(part in text for text in found)] == [], path


def test_templates_say_nothing_in_japanese_but_messages() -> None:
    marked = re.compile(r"""{%-? *trans\b.*?endtrans *-?%}|\b_\(("[^"]*"|'[^']*')|{#.*?#}""", re.S)
    for path in (path for path in GRADER.rglob("*.j2") if path.parent.name != OTHER_PAGES):
        assert CHARACTERS.findall(marked.sub("", path.read_text())) == [], path
