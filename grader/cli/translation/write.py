"""Write the notebooks of an edition: the original's cells, with their words replaced by the translator's."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.checking.atomic import atomic_write
from grader.cli.translation.texts import Section, digest_of, read_sections, section_of_code, written
from grader.cli.translation.words import JAPANESE, code_of, with_words, words_of

SHARED = "shared"  # name of the file with the cells that are the same in several notebooks
SOLUTION = re.compile(r"^\W*(?:BEGIN|END) SOLUTION$", re.MULTILINE)


def write_edition(originals: Path, texts: Path, target: Path, language: str) -> list[str]:
    """Write an edition's notebooks into `target`, unless something is not translated. → what a translator has to do.

    originals: the folder of the original notebooks. texts: the folder of the translator's files; cells that they lack
    are added there, in the original's words.
    """
    notebooks = {path.stem: nbformat.read(path, as_version=4) for path in sorted(originals.glob("*.ipynb"))}
    times = Counter((cell.id, cell.source) for notebook in notebooks.values() for cell in notebook.cells)
    shared = {cell for (cell, _), number in times.items() if number > 1} | _sections(texts / f"{SHARED}.md").keys()
    cells: dict[str, list[NotebookNode]] = {name: [] for name in (*notebooks, SHARED)}
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            file = cells[SHARED if cell.id in shared else name]
            if (cell.id, cell.source) not in ((known.id, known.source) for known in file):
                file.append(cell)
    to_do: list[str] = []
    sections: dict[str, dict[str, Section]] = {}
    for name, in_file in cells.items():
        path = texts / f"{name}.md"
        sections[name] = _completed(path, in_file)
        to_do += [f"{path.name}: {problem}" for problem in _problems(in_file, sections[name])]
    if not to_do:
        for name, notebook in notebooks.items():
            made = translated(notebook, sections[SHARED] | sections[name], language)
            atomic_write(target / f"{name}.ipynb", nbformat.writes(made) + "\n")
    return to_do


def translated(notebook: NotebookNode, sections: Mapping[str, Section], language: str) -> NotebookNode:
    """A copy of the notebook in the words of the sections, which says its language to the grader."""
    made = copy.deepcopy(notebook)
    made.metadata["grader"] = {"language": language}
    for cell in made.cells:
        if cell.id in sections:
            cell.source = _source(cell, sections[cell.id])
    return made


def _source(cell: NotebookNode, section: Section) -> str:
    return with_words(cell.source, section.pairs().__getitem__) if cell.cell_type == "code" else section.text


def _sections(path: Path) -> dict[str, Section]:
    return read_sections(path.read_text()) if path.is_file() else {}


def _completed(path: Path, cells: list[NotebookNode]) -> dict[str, Section]:
    """The sections of a translator's file; what the cells need and it lacks is added to it, not yet translated."""
    before = _sections(path)
    sections = dict(before)
    for cell in cells:
        if cell.cell_type == "code":
            known = sections[cell.id].pairs() if cell.id in sections else {}
            if new := [line for line in words_of(cell.source) if line not in known]:
                sections[cell.id] = section_of_code(known | dict(zip(new, new, strict=True)))
        elif JAPANESE.search(cell.source):
            sections.setdefault(cell.id, Section(cell.source))
    if sections != before:
        atomic_write(path, written(sections, [cell.id for cell in cells]))
    return sections


def _problems(cells: Iterable[NotebookNode], sections: Mapping[str, Section]) -> Iterator[str]:
    """What is to be done in a file, one line for each cell."""
    unknown = set(sections)
    for cell in cells:
        unknown.discard(cell.id)
        if section := sections.get(cell.id):
            about = _problem_of_code if cell.cell_type == "code" else _problem_of_text
            if problem := about(cell.source, section):
                yield f"{cell.id}: {problem}"
    yield from (f"{name}: there is no such cell" for name in sorted(unknown))


def _problem_of_text(original: str, section: Section) -> str:
    digest = digest_of(original)
    if not section.digest:
        return f"not translated yet; when it is, write {digest} behind the cell's name"
    if section.digest != digest:
        return f"the original has changed; when the translation has, too, write {digest} behind the cell's name"
    if SOLUTION.findall(original) != SOLUTION.findall(section.text):
        return "the lines of BEGIN SOLUTION and END SOLUTION differ from the original's"
    return ""


def _problem_of_code(original: str, section: Section) -> str:
    pairs = section.pairs()
    lines = words_of(original)
    if left := [line for line, translation in pairs.items() if line == translation]:
        return f"not translated yet: {left[0]}"
    if old := [line for line in pairs if line not in lines]:
        return f"no longer in the original: {old[0]}"
    try:
        same = code_of(original) == code_of(with_words(original, pairs.__getitem__))
    except SyntaxError as error:
        return f"the translated code cannot be read: {error.msg}: {(error.text or '').strip()}"
    return "" if same else "the translation has changed the code: look at the {expressions} in its texts"
