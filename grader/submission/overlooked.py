"""Find work that is not graded: notebooks that are copies, misnamed, in a subfolder or an archive.

Archives are named, never opened. A notebook is compared with the release to see whether something was written in it.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.submission.files import folder_problem, printable, read_file, regular_files, student_name_problem
from grader.submission.match import Match, grade_id, is_solution, is_written
from grader.submission.parse import MAX_NOTEBOOK_BYTES, SubmittedCell, parse_cells

SUFFIX = ".ipynb"
ARCHIVE = re.compile(r"\.(zip|tar(\.(gz|bz2|xz|zst))?|tgz|tbz2?|txz|7z|rar|lzh|lha|cab|sitx?)$")
# Folders that a Mac's archiver and JupyterLab make, and a Mac's files about other files.
MADE_BY_TOOLS = {"__macosx", ".ipynb_checkpoints", ".trashes", ".git", ".fseventsd", ".spotlight-v100"}
MAX_FOUND = 20  # files with such names, of one submission
MAX_PARSED_BYTES = 50 << 20  # of these files together; reading 50 MB takes 1 s
MAX_SHOWN, MAX_NAME = 5, 100  # names in a message, characters of each
UNUSUAL = re.compile(r"[^\w .,()\[\]（）「」・ー~'/+-]")


@dataclass(frozen=True)
class Overlooked:
    """others: the paths of notebooks and archives that are not graded, relative to the submission.

    instead_of: by name, notebooks that are missing or untouched although one of `others` is filled in → those.
    """

    others: tuple[str, ...] = ()
    instead_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def overlooked(folder: Path, releases: Mapping[str, bytes]) -> Overlooked:
    """Look through a submission. releases: the released notebooks, by name without suffix."""
    others = other_notebooks(folder, {f"{name}{SUFFIX}" for name in releases})
    if not others:
        return Overlooked()
    bytes_left = MAX_PARSED_BYTES
    read: dict[str, list[SubmittedCell] | None] = {}  # None: it cannot be read, so a person has to look
    for other in others:
        try:
            content = read_file(folder / other, min(bytes_left, MAX_NOTEBOOK_BYTES))
            bytes_left -= len(content)
            read[other] = None if _is_archive(other) else parse_cells(content)
        except ValueError:
            read[other] = None
    instead_of: dict[str, tuple[str, ...]] = {}
    for name, release in releases.items():
        cells = nbformat.reads(release.decode(), as_version=4).cells
        filled = tuple(other for other in others if _may_be(other, read[other], name, cells))
        if filled and _is_untouched(folder / f"{name}{SUFFIX}", cells):
            instead_of[name] = filled
    return Overlooked(tuple(others), instead_of)


def other_notebooks(folder: Path, expected: Collection[str]) -> list[str]:
    """The relative paths of files that are notebooks or archives by name, without the expected notebooks.

    Sorted, at most MAX_FOUND. Links are not followed; what a Mac or JupyterLab adds by itself is left out.
    """
    names = (path.relative_to(folder).as_posix() for path in regular_files(folder))
    found = (name for name in names if name not in expected and _is_candidate(name))
    return list(islice(found, MAX_FOUND))


def list_names(names: Collection[str]) -> str:
    """Some of these paths for a message: without characters that a terminal, a page or a formula would interpret."""
    shown = [UNUSUAL.sub("?", printable(name))[:MAX_NAME] for name in islice(names, MAX_SHOWN)]
    return ", ".join(shown) + (", …" if len(names) > MAX_SHOWN else "")


def made_by_tools(name: str) -> bool:
    """Whether a folder of this name was made by a program, such as a Mac's `__MACOSX`: it is no student's."""
    return name.casefold() in MADE_BY_TOOLS


def _is_candidate(name: str) -> bool:
    folded = unicodedata.normalize("NFKC", name).casefold()
    *folders, file = folded.split("/")
    if file.startswith("._") or not MADE_BY_TOOLS.isdisjoint(folders):
        return False
    return SUFFIX in file or _is_archive(name)


def _is_archive(name: str) -> bool:
    return ARCHIVE.search(name.casefold().strip()) is not None


def _may_be(path: str, submitted: list[SubmittedCell] | None, name: str, released: list[NotebookNode]) -> bool:
    """Whether a file may be a filled copy of the released notebook `name`.

    Its cells tell by their ids; without any, its file name does, and then a person has to look.
    """
    if submitted is None:
        return _is_archive(path) or name.casefold() in unicodedata.normalize("NFKC", path).casefold()
    by_id = {cell.id: cell for cell in submitted if cell.id} | {
        cell.grade_id: cell for cell in submitted if cell.grade_id
    }
    own = [cell for cell in released if grade_id(cell)]
    if not any(grade_id(cell) in by_id or cell.id in by_id for cell in own):
        return name.casefold() in unicodedata.normalize("NFKC", path).casefold() and bool(submitted)
    return not _nothing_written(released, submitted)


def _is_untouched(path: Path, released: list[NotebookNode]) -> bool:
    """Whether a notebook is missing, cannot be read, or is as it was released."""
    try:
        return _nothing_written(released, parse_cells(read_file(path, MAX_NOTEBOOK_BYTES)))
    except ValueError:
        return True


def _nothing_written(released: list[NotebookNode], submitted: list[SubmittedCell]) -> bool:
    """Whether no solution cell is filled in and no cell was added."""
    match = Match(released, submitted)
    answers = ((released[index], answer) for index, answer in match.found.items() if is_solution(released[index]))
    return not match.added_cells() and not any(is_written(cell, answer.source) for cell, answer in answers)


def submission_problem(folder: Path, student: str, expected: Collection[str] | None) -> str:
    """Why a submission folder cannot be graded, in one line, or "".

    expected: file names of the assignment's notebooks; None for an unknown assignment, which nbgrader reports itself.
    """
    if problem := student_name_problem(student):
        return f"the folder's name cannot be a student's name: {problem}"
    if expected is None or (problem := folder_problem(folder)):
        return problem
    if expected and not any(os.path.lexists(folder / name) for name in expected):
        found = list_names(other_notebooks(folder, expected)) or "no notebook"
        return f"found {found}, expected {', '.join(sorted(expected))}"
    return ""
