"""Read the files in a submission folder safely: no symbolic link is followed, no pipe is waited for, sizes are bounded.

This module does not know what a notebook is.
"""

from __future__ import annotations

import mimetypes
import os
import re
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

# Limits on the files of one submission other than notebooks; a typical helper module has 2 kB.
MAX_FILES, MAX_FILE_BYTES, MAX_TOTAL_BYTES = 100, 10 << 20, 50 << 20
MAX_ENTRIES, MAX_FOLDER_DEPTH = 10_000, 20  # per submission; anything beyond is ignored
# The kernel allows 255 bytes for a name and 4,096 for a path. The sandbox copies these files below another folder, so a
# relative path has to be much shorter.
MAX_NAME_BYTES, MAX_PATH_BYTES = 255, 1000
# Extensions of formats that can contain scripts.
ACTIVE_EXTENSIONS = {
    "htm", "html", "shtml", "xht", "xhtml", "xml", "xsl", "xslt", "svg", "svgz", "mht", "mhtml", "htc", "hta",
}  # fmt: skip


def read_file(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises ValueError, with a message for the student, if it is not a regular file, too large, or cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise ValueError("ファイルではなくリンクです。ファイルそのものを提出してください") from None
        raise ValueError(f"ファイルを開けません（{os.strerror(error.errno or 0)}）") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("ファイルではありません")
        if status.st_size > limit:
            raise ValueError(f"ファイルが大きすぎます（{status.st_size >> 20} MB、上限 {limit >> 20} MB）")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)


def regular_files(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder in sorted order, without following symbolic links to files or folders."""
    pending, seen = [(folder, 0)], 0
    while pending and not folder.is_symlink():
        path, depth = pending.pop()
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
        if depth < MAX_FOLDER_DEPTH:
            folders = [path / entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            pending += [(subfolder, depth + 1) for subfolder in reversed(folders)]


class FileBudget:
    """Limits the number and total size of the files, other than notebooks, that are read from one submission."""

    def __init__(self) -> None:
        self._files_left, self._bytes_left = MAX_FILES, MAX_TOTAL_BYTES

    def read(self, path: Path, name: str, limit: int) -> bytes:
        """Read a file and charge it to the budget.

        name: path relative to the submission. limit: bytes.
        Raises ValueError, with a message for the student, if the budget is exceeded or `read_file` fails.
        """
        if self._files_left == 0:
            raise ValueError(f"ファイルが多すぎます（上限 {MAX_FILES} 個）")
        parts = [os.fsencode(part) for part in name.split("/")]
        if max(map(len, parts)) > MAX_NAME_BYTES or len(b"/".join(parts)) > MAX_PATH_BYTES:
            raise ValueError(f"名前が長すぎます（上限 {MAX_PATH_BYTES} バイト）")
        if not self._bytes_left:
            raise ValueError(f"ファイルが全部で大きすぎます（上限 {MAX_TOTAL_BYTES >> 20} MB）")
        content = read_file(path, min(self._bytes_left, limit))
        self._files_left -= 1
        self._bytes_left -= len(content)
        return content


def read_extra_files(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """Return (relative path, content) of the files other than notebooks; files that exceed a limit are left out."""
    extra: list[tuple[str, bytes]] = []
    budget = FileBudget()
    for path in regular_files(folder):
        name = path.relative_to(folder).as_posix()
        if any(part.endswith(".ipynb") for part in Path(name).parts) or not name.isprintable():
            continue
        with suppress(ValueError):
            extra.append((name, budget.read(path, name, MAX_FILE_BYTES)))
    return tuple(extra)


def can_run_scripts(name: str) -> bool:
    """Whether some web server would serve a file of this name as a page that can run scripts.

    Every extension counts: formgrader decides by the last extension of a path, other servers by any of them or by the
    name read as a URL, and the tables of MIME types differ between machines.
    """
    extensions = [re.split(r"\W", part)[0].lower() for part in name.split(".")[1:]]
    types = [mimetypes.guess_type(f"/x.{extension}")[0] or "" for extension in extensions]
    return not ACTIVE_EXTENSIONS.isdisjoint(extensions) or any(kind.endswith(("html", "xml")) for kind in types)


def folder_problem(folder: Path, expected: Collection[str]) -> str:
    """Return why a submission folder cannot be graded, or "".

    expected: file names of the assignment's notebooks; at least one of them has to be present.
    """
    if folder.is_symlink():
        return "the folder is a symbolic link"
    if not folder.is_dir():
        return "not a folder"
    names = {path.name for path in folder.glob("*.ipynb")}
    if expected and not names & set(expected):
        found = ", ".join(map(printable, sorted(names)[:5])) or "no notebook"
        return f"found {found}, expected {', '.join(sorted(expected))}"
    return ""


def is_student_name(name: str) -> bool:
    """Whether a folder name is acceptable as a student's name.

    Formgrader inserts the name into its pages unescaped, so HTML must not fit in; nbgrader finds files with it as a
    glob pattern, so wildcards must not either.
    """
    return bool(name) and name.isprintable() and not set('<>"\\*?[') & set(name)


def printable(name: str) -> str:
    """Escape a file name for a terminal or a log: it may contain line ends, escape sequences and invalid UTF-8."""
    return name if name.isprintable() else ascii(name)
