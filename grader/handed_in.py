"""The folder of a submission: read without following a link, without waiting for a pipe, and never more than a bound.

It must not know what a notebook is.
"""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

MAX_FILES, MAX_FILE_BYTES, MAX_TOTAL = 100, 10 << 20, 50 << 20  # beside the notebooks; a module of helpers has 2 kB
MAX_ENTRIES, MAX_LEVELS = 10_000, 20  # of one submission: what lies beyond is not looked at


def read(path: Path, limit: int) -> bytes:
    """A regular file. Raises ValueError with the reason, in the student's words, for anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise ValueError("ファイルではなくリンクです。ファイルそのものを提出してください") from None
        raise ValueError(f"ファイルを開けません（{os.strerror(error.errno or 0)}）") from None
    try:
        known = os.fstat(descriptor)
        if not stat.S_ISREG(known.st_mode):
            raise ValueError("ファイルではありません")
        if known.st_size > limit:
            raise ValueError(f"ファイルが大きすぎます（{known.st_size >> 20} MB、上限 {limit >> 20} MB）")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)


def files(folder: Path) -> Iterator[Path]:
    """The regular files below a folder, in order; no link is followed, whether it is a file's or a folder's."""
    pending, seen = [(folder, 0)], 0
    while pending and not folder.is_symlink():
        path, level = pending.pop()
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            seen += 1
            if seen > MAX_ENTRIES:
                return
            if entry.is_file(follow_symlinks=False):
                yield path / entry.name
        if level < MAX_LEVELS:
            inner = [path / entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            pending += [(below, level + 1) for below in reversed(inner)]


def other_files(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """What was handed in beside the notebooks, with relative names, up to a number and a size."""
    found: list[tuple[str, bytes]] = []
    room = MAX_TOTAL
    for path in files(folder):
        name = path.relative_to(folder).as_posix()
        if any(part.endswith(".ipynb") for part in Path(name).parts) or not name.isprintable():
            continue
        try:
            content = read(path, min(room, MAX_FILE_BYTES))
        except ValueError:
            continue
        found.append((name, content))
        room -= len(content)
        if len(found) == MAX_FILES:
            break
    return tuple(found)


def runs_in_a_browser(name: str) -> bool:
    """Whether a server that goes by the name, such as formgrader's, would send it as a page that can hold scripts."""
    return (mimetypes.guess_type(name)[0] or "").endswith(("html", "xml"))


def why_not(folder: Path, expected: Collection[str]) -> str:
    """Why nothing in a submission's folder can be graded, or "". expected: file names of notebooks; one is enough."""
    if folder.is_symlink():
        return "the folder is a link"
    if not folder.is_dir():
        return "it is no folder"
    there = {path.name for path in folder.glob("*.ipynb")}
    if expected and not there & set(expected):
        found = ", ".join(map(printable, sorted(there)[:5])) or "no notebook"
        return f"there is {found}, expected {', '.join(sorted(expected))}"
    return ""


def is_name(student: str) -> bool:
    """Whether a folder's name can be a student's: text without what formgrader, which shows it as it is, would run, and
    without what nbgrader, which looks for files by it, would take for any name."""
    return bool(student) and student.isprintable() and not set('<>"\\*?[') & set(student)


def printable(name: str) -> str:
    """A file's name for a terminal or a log: names may hold line ends, escape sequences and bytes that are no text."""
    return name if name.isprintable() else ascii(name)
