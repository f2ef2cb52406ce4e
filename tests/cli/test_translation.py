"""`python -m grader translate`: the same code in other words, and a line for each cell that waits for a translator."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from grader.cli.translation.texts import Section, digest_of, read_sections, section_of_code, written
from grader.cli.translation.words import code_of, with_words, words_of
from grader.cli.translation.write import write_edition

TEXT = "## 損失\n値は $x$ です。"
CODE = '''def tell(count):
    """個数を伝える。"""
    print(f"{count} 個の値、" + "、".join(["a"]))  # 値を伝える
    return "x"'''
SOLUTION = "### BEGIN SOLUTION\n観察\n### END SOLUTION"
ENGLISH = {
    "個数を伝える。": "Tell how many.",
    "{count} 個の値、": "values: {count}, ",
    "、": ", ",
    "値を伝える": "tell the value",
}


def cell(kind: str, name: str, source: str) -> nbformat.NotebookNode:
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    made.id = name
    return made


def write_notebook(folder: Path, *cells: nbformat.NotebookNode, name: str = "one") -> None:
    folder.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), folder / f"{name}.ipynb")


class Edition:
    """An original of three cells and its translation, which is complete."""

    def __init__(self, root: Path) -> None:
        self.original, self.texts, self.target = root / "original", root / "texts", root / "target"
        self.file = self.texts / "one.md"
        self.write(TEXT, CODE, SOLUTION)
        sections = {
            "text": Section("## Loss\nThe value is $x$.", digest_of(TEXT)),
            "code": section_of_code(ENGLISH),
            "answer": Section(SOLUTION.replace("観察", "What I saw"), digest_of(SOLUTION)),
        }
        self.texts.mkdir()
        self.file.write_text(written(sections, sections))

    def write(self, text: str, code: str, solution: str) -> None:
        write_notebook(
            self.original,
            cell("markdown", "text", text), cell("code", "code", code), cell("markdown", "answer", solution),
        )  # fmt: skip

    def make(self) -> list[str]:
        return write_edition(self.original, self.texts, self.target, "en")


@pytest.fixture
def edition(tmp_path: Path) -> Edition:
    return Edition(tmp_path)


def test_a_translated_notebook_differs_in_its_words_only(edition: Edition) -> None:
    before = edition.file.read_text()
    assert edition.make() == []
    assert edition.file.read_text() == before
    made = nbformat.read(edition.target / "one.ipynb", as_version=4)
    assert made.metadata.grader.language == "en"
    assert [one.id for one in made.cells] == ["text", "code", "answer"]
    assert made.cells[0].source == "## Loss\nThe value is $x$."
    assert made.cells[1].source == (
        'def tell(count):\n    """Tell how many."""\n'
        '    print(f"values: {count}, " + ", ".join(["a"]))  # tell the value\n    return "x"'
    )
    assert code_of(made.cells[1].source) == code_of(CODE)


def test_what_changed_after_its_translation_is_named_and_nothing_is_written(edition: Edition) -> None:
    edition.write(TEXT + "もう一文。", CODE.replace("個数を伝える", "数を伝える"), SOLUTION)
    text, new, *others = edition.make()
    assert text.startswith("one.md: text: the original has changed; when the translation has, too, write ")
    assert new == "one.md: code: not translated yet: 数を伝える。"
    assert others == []
    assert not edition.target.exists()
    edition.file.write_text(edition.file.read_text().replace(": 数を伝える。", ": Tell the count."))
    assert edition.make()[1:] == ["one.md: code: no longer in the original: 個数を伝える。"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("values: {count}", "values: {counts}", "code: the translation has changed the code"),
        ("values: {count}", 'values: " {count}', "code: the translated code cannot be read"),
        ("### END SOLUTION", "End of the solution", "answer: the lines of BEGIN SOLUTION and END SOLUTION differ"),
        ("<!-- cell: text", "<!-- cell: title", "title: there is no such cell"),
    ],
)
def test_a_mistake_of_the_translator_is_named(edition: Edition, old: str, new: str, told: str) -> None:
    edition.file.write_text(edition.file.read_text().replace(old, new))
    assert any(line.startswith(f"one.md: {told}") for line in edition.make())


def test_an_empty_folder_gets_a_file_to_translate(edition: Edition) -> None:
    translated = read_sections(edition.file.read_text())
    edition.file.unlink()
    assert len(edition.make()) == 3
    sections = read_sections(edition.file.read_text())
    assert sections["text"] == Section(TEXT)
    assert sections["code"].pairs() == {word: word for word in words_of(CODE)}
    assert sections.keys() == translated.keys()


def test_cells_that_several_notebooks_share_are_translated_once(edition: Edition) -> None:
    write_notebook(edition.original, cell("code", "code", CODE), cell("markdown", "text", "値"), name="two")
    assert [line.partition(":")[0] for line in edition.make()] == ["one.md", "two.md", "shared.md"]
    shared = edition.texts / "shared.md"
    assert read_sections(shared.read_text()).keys() == {"code"}
    (edition.original / "two.ipynb").unlink()
    before = edition.file.read_text()
    assert "one.md: code: there is no such cell" in edition.make()
    assert edition.file.read_text() == before, "a course with some of the notebooks finds the cell in shared.md"
    write_notebook(edition.original, cell("code", "code", CODE.replace("個数", "数")), name="two")
    edition.make()
    assert "数を伝える。" in read_sections(shared.read_text())["code"].pairs(), "the words of both"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1  # no word", []),
        ("#@title 題", ["@title 題"]),
        ("'''一\n  b\n  二'''", ["一", "  二"]),
        ("rf'a{\"値\"}' '二'", ['a{"値"}', "二"]),
        (r"'値\n' + b'x'", [r"値\n"]),
        ("値 = '｜'", ["｜"]),
    ],
)
def test_words_are_lines_of_strings_and_comments(source: str, words: list[str]) -> None:
    assert words_of(source) == words
    assert with_words(source, lambda line: line) == source
    pairs = {word: f" {index} " for index, word in enumerate(words)}
    assert section_of_code(pairs).pairs() == pairs


def test_the_order_of_expressions_in_a_string_is_the_translators() -> None:
    assert code_of('f"{a} b {c:.2f}"') == code_of('f"{c:.2f}{a}"')
    assert code_of('f"{a} b {c:.2f}"') != code_of('f"{a}{c}"')
    assert code_of("f(1, 'x')") != code_of("f(2, 'x')")
