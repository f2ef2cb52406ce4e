"""Decide which of a student's files is which notebook: copies and numbered uploads under their expected names.

Where that is not certain, files keep their own names beside the expected ones; the grader then asks a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from grader.cli.lms.archive import Entry
from grader.cli.lms.model import Owned
from grader.submission.files import TIMESTAMP
from grader.submission.overlooked import SUFFIX, made_by_tools

# What browsers, Canvas, JupyterLab, Drive, macOS and Windows add to the name of a copy.
ADDED = r"(?:-[0-9]+| ?\([0-9]+\)|-copy[0-9]*| ?のコピー ?[0-9]*| - (?:コピー|copy)| copy(?: [0-9]+)?)*"
TOOLS_FILES = {".ds_store", "thumbs.db", "desktop.ini"}


@dataclass
class Arranged:
    """wanted: path in the submission → file. renamed: (from, to). left: (path in the archive, reason). doubts: text."""

    wanted: dict[str, Entry] = field(default_factory=dict)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def arrange(files: Sequence[tuple[Owned, Entry]], notebooks: Collection[str]) -> Arranged:
    """Arrange the files of one student. notebooks: the expected names, without suffix."""
    result = Arranged()
    unique: dict[str, tuple[Owned, Entry]] = {}
    for owned, entry in files:
        if made_by_a_tool(owned.file):
            result.left.append((entry.path, "made by a program, not by the student"))
        elif TIMESTAMP in owned.file.casefold().split("/"):  # a folder of this name would be in the way of the file
            result.left.append((entry.path, "the time of submission is the LMS's to say, not a file's"))
        elif (other := unique.get(owned.file)) and not _is_later(owned, other[0]):
            same = entry.has_content_of(other[1])
            result.left.append((entry.path, "the same file once more" if same else "the archive has this name twice"))
        else:
            if other:
                result.left.append((other[1].path, "a later upload has the same name"))
            unique[owned.file] = owned, entry
    inside = _common_folder(list(unique))
    candidates: dict[str, list[str]] = {name: [] for name in notebooks}
    for file in unique:
        if name := expected_name(file.rpartition("/")[2], notebooks):
            candidates[name].append(file)
    targets = {file: file.removeprefix(inside) for file in unique}
    for name, found in candidates.items():
        for file, target in _choose(name, found, unique, inside, result).items():
            targets[file] = target
    for file, target in targets.items():
        if not target:
            continue
        if target in result.wanted:
            result.left.append((unique[file][1].path, f"{target} comes from another file"))
            continue
        result.wanted[target] = unique[file][1]
        if target != file:
            result.renamed.append((file, target))
    return result


def _choose(
    name: str, found: Sequence[str], files: dict[str, tuple[Owned, Entry]], inside: str, result: Arranged
) -> dict[str, str]:
    """Which of the files that may be the notebook `name` gets its name. → file → target, "" for a file left out."""
    target = f"{name}{SUFFIX}"
    if len(found) < 2:
        return dict.fromkeys(found, target)
    if all(files[file][1].has_content_of(files[found[0]][1]) for file in found):
        result.left += [(files[file][1].path, f"the same content as {found[0]}") for file in found[1:]]
        return {**dict.fromkeys(found, ""), found[0]: target}
    if all(files[file][0].order is not None for file in found):
        last = max(found, key=lambda file: files[file][0].order or 0)
        result.left += [(files[file][1].path, f"{last} was uploaded later") for file in found if file != last]
        return {**dict.fromkeys(found, ""), last: target}
    exact = [file for file in found if file.removeprefix(inside) == target]
    others = ", ".join(file for file in found if file not in exact)
    if exact:
        result.doubts.append(f"{target} is graded; {others} may be the student's work, too, and stays beside it")
        return {}
    result.doubts.append(f"which of {others} is {target}? They stay beside each other, and a person grades")
    # None may have the expected name, or it would be graded as if there were no doubt.
    return {}


def _is_later(owned: Owned, other: Owned) -> bool:
    return owned.order is not None and other.order is not None and owned.order > other.order


def _common_folder(files: Sequence[str]) -> str:
    """The folder that contains all files, with its "/", or ""."""
    parts = [file.split("/")[:-1] for file in files]
    common = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return "".join(f"{part}/" for part in common)


def made_by_a_tool(path: str) -> bool:
    """Whether a program made a file for itself: a Mac's archiver, JupyterLab, Windows."""
    *folders, name = path.split("/")
    return name.startswith("._") or name.casefold() in TOOLS_FILES or any(made_by_tools(folder) for folder in folders)


def expected_name(file: str, notebooks: Collection[str]) -> str:
    """The expected name, without suffix, of which a file's name is or may be a copy, or ""."""
    text = unicodedata.normalize("NFKC", file).casefold().strip()
    if SUFFIX not in text:
        return ""
    suffix = re.escape(SUFFIX)
    for name in sorted(notebooks, key=len, reverse=True):
        own = re.escape(unicodedata.normalize("NFKC", name).casefold())
        pattern = rf'(?:copy of )?[「"]?{own}{ADDED}(?:{suffix})?[」"]?{ADDED}(?:{suffix})?{ADDED}(?:\.(?:json|txt))?'
        if re.fullmatch(pattern, text):
            return name
    return ""
