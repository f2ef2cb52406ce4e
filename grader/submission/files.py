"""The folder of a submission: read without following a link, without waiting for a pipe, and never more than a bound.

It must not know what a notebook is.
"""

from __future__ import annotations

import mimetypes
import os
import re
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

MAX_FILES, MAX_FILE_BYTES, MAX_TOTAL = 100, 10 << 20, 50 << 20  # beside the notebooks; a module of helpers has 2 kB
MAX_ENTRIES, MAX_LEVELS = 10_000, 20  # of one submission: what lies beyond is not looked at
# Bytes of one name and of a relative path. The kernel's bounds are 255 and 4,096, folders above included, and a
# student's process, which has these files below another folder, must be able to start.
MAX_PART, MAX_NAME = 255, 1000
ACTIVE = {"htm", "html", "shtml", "xht", "xhtml", "xml", "xsl", "xslt", "svg", "svgz", "mht", "mhtml", "htc", "hta"}


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


class SizeBudget:
    """How much may still be handed in beside the notebooks of one submission."""

    def __init__(self) -> None:
        self._files, self._bytes = MAX_FILES, MAX_TOTAL

    def read(self, path: Path, name: str, limit: int) -> bytes:
        """A file that has room. name: relative to the submission. Raises ValueError with the reason, as `read` does."""
        if self._files == 0:
            raise ValueError(f"ファイルが多すぎます（上限 {MAX_FILES} 個）")
        parts = [os.fsencode(part) for part in name.split("/")]
        if max(map(len, parts)) > MAX_PART or len(b"/".join(parts)) > MAX_NAME:
            raise ValueError(f"名前が長すぎます（上限 {MAX_NAME} バイト）")
        if not self._bytes:
            raise ValueError(f"ファイルが全部で大きすぎます（上限 {MAX_TOTAL >> 20} MB）")
        content = read(path, min(self._bytes, limit))
        self._files -= 1
        self._bytes -= len(content)
        return content


def other_files(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """What was handed in beside the notebooks, with relative names, up to a number and a size."""
    found: list[tuple[str, bytes]] = []
    room = SizeBudget()
    for path in files(folder):
        name = path.relative_to(folder).as_posix()
        if any(part.endswith(".ipynb") for part in Path(name).parts) or not name.isprintable():
            continue
        with suppress(ValueError):
            found.append((name, room.read(path, name, MAX_FILE_BYTES)))
    return tuple(found)


def runs_in_a_browser(name: str) -> bool:
    """Whether a server that goes by the name would send it as a page that can hold scripts.

    Formgrader's goes by the last extension of a path, others by any, or by what the name would be as a URL; and tables
    of extensions differ from machine to machine.
    """
    extensions = [re.split(r"\W", part)[0].lower() for part in name.split(".")[1:]]
    types = [mimetypes.guess_type(f"/x.{extension}")[0] or "" for extension in extensions]
    return not ACTIVE.isdisjoint(extensions) or any(kind.endswith(("html", "xml")) for kind in types)


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
