"""Read the files in a submission folder safely: no symbolic link is followed, no pipe is waited for, sizes are bounded.

It asks os.path what a path is: pathlib raises OSError where a path is too long or must not be looked at, and one
student's path would end the run for everybody. This module does not know what a notebook is.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from grader.submission.language import gettext

# Limits on the files of one submission other than notebooks; a typical helper module has 2 kB.
MAX_FILES, MAX_FILE_BYTES, MAX_TOTAL_BYTES = 100, 10 << 20, 50 << 20
MAX_ENTRIES, MAX_FOLDER_DEPTH = 10_000, 20  # per submission; anything beyond is ignored
MAX_HASHED_BYTES = 64 << 20  # of one file; a notebook above 50 MB is not graded
MAX_HASHED_TOTAL = 500 << 20  # of one submission, at every run; sparse files cost nothing to make
# The kernel allows 255 bytes for a name and 4,096 for a path. The sandbox copies these files below another folder, so a
# relative path has to be much shorter.
TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"  # written by `nbgrader submit`
MAX_NAME_BYTES, MAX_PATH_BYTES = 255, 1000
MAX_OPENED_BYTES = 4096  # the kernel's limit, with the zero byte at the end of a path
# Extensions of formats that can contain scripts.
ACTIVE_EXTENSIONS = {
    "htm", "html", "shtml", "xht", "xhtml", "xml", "xsl", "xslt", "svg", "svgz", "mht", "mhtml", "htc", "hta",
}  # fmt: skip
# The characters of a file or folder name that are dangerous, and why. Every other character is accepted: spaces of any
# kind, emoji, combining marks.
MISLEADING = {
    "[\\x00-\\x1f\\x7f-\\x9f]": "a control character, which can change what a terminal or a log shows",
    "[\\u2028\\u2029]": "a line separator, which can forge a line of a log",
    "[\\u202a-\\u202e\\u2066-\\u2069]": "a character that reverses the direction of text, which can disguise a name",
    "[\\ud800-\\udfff]": "bytes that are not UTF-8, which nbgrader cannot store",
}
ACTIVE = {
    '[<>"\\\\]': "a character of HTML or JavaScript: formgrader inserts the name into its pages unescaped",
}
INTERPRETED = {"[*?[]": "a wildcard: nbgrader searches files with the name as a pattern", **ACTIVE}
FULL_WIDTH = 0xFF01 - ord("!")  # from a character of ASCII to the wide one that looks like it


def read_file(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises ValueError, with a message for the student, if it is not a regular file, too large, or cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if os.path.islink(path):
            raise ValueError(gettext("ファイルではなくリンクです。ファイルそのものを提出してください")) from None
        message = gettext("ファイルを開けません（{reason}）")
        raise ValueError(message.format(reason=os.strerror(error.errno or 0))) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(gettext("ファイルではありません"))
        if status.st_size > limit:
            message = gettext("ファイルが大きすぎます（{size} MB、上限 {limit} MB）")
            raise ValueError(message.format(size=status.st_size >> 20, limit=limit >> 20))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)


def regular_files(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder in sorted order, without following symbolic links to files or folders.

    Files whose paths are too long for any call to open are left out.
    """
    pending, seen = [(folder, 0)], 0
    while pending and not os.path.islink(folder):
        path, depth = pending.pop()
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            seen += 1
            if seen > MAX_ENTRIES:
                return
            if entry.is_file(follow_symlinks=False) and len(os.fsencode(entry.path)) < MAX_OPENED_BYTES:
                yield path / entry.name
        if depth < MAX_FOLDER_DEPTH:
            folders = [path / entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            pending += [(subfolder, depth + 1) for subfolder in reversed(folders)]


def digest_files(paths: Iterable[Path], compiled: bool = False) -> str:
    """SHA-256 over the names and contents of all files below `paths`, also of files that `paths` names.

    compiled: include compiled Python, which a student's code can import without its source. A file that is too large,
    cannot be read, or comes after MAX_HASHED_TOTAL bytes is represented by its size and modification time.
    """
    digest, left = hashlib.sha256(), MAX_HASHED_TOTAL
    for path in paths:
        for file in regular_files(path) if os.path.isdir(path) else [path]:
            if file.suffix == ".pyc" and not compiled:
                continue
            try:
                content = read_file(file, min(left, MAX_HASHED_BYTES))
                left -= len(content)
            except ValueError:
                content = _state(file)
            digest.update(f"{file.relative_to(path.parent)}\0{len(content)}\0".encode(errors="replace"))
            digest.update(content)
    return digest.hexdigest()


def _state(file: Path) -> bytes:
    try:
        status = file.lstat()
    except OSError:
        return b""
    return f"{status.st_mode} {status.st_size} {status.st_mtime_ns}".encode()


def _is_too_long(name: str) -> bool:
    parts = [os.fsencode(part) for part in name.split("/")]
    return max(map(len, parts)) > MAX_NAME_BYTES or len(b"/".join(parts)) > MAX_PATH_BYTES


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
            raise ValueError(gettext("ファイルが多すぎます（上限 {limit} 個）").format(limit=MAX_FILES))
        if _is_too_long(name):
            raise ValueError(gettext("名前が長すぎます（上限 {limit} バイト）").format(limit=MAX_PATH_BYTES))
        if not self._bytes_left:
            message = gettext("ファイルが全部で大きすぎます（上限 {limit} MB）")
            raise ValueError(message.format(limit=MAX_TOTAL_BYTES >> 20))
        content = read_file(path, min(self._bytes_left, limit))
        self._files_left -= 1
        self._bytes_left -= len(content)
        return content


def read_extra_files(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """Return (relative path, content) of the files other than notebooks; files that exceed a limit are left out.

    So are those that nbgrader and the LMS collector put there: students' code has no use for them.
    """
    extra: list[tuple[str, bytes]] = []
    budget = FileBudget()
    for path in regular_files(folder):
        name = path.relative_to(folder).as_posix()
        if (
            name in (TIMESTAMP, SECRET)
            or any(part.endswith(".ipynb") for part in Path(name).parts)
            or dangerous_character(name, MISLEADING)
        ):
            continue
        with suppress(ValueError):
            extra.append((name, budget.read(path, name, MAX_FILE_BYTES)))
    return tuple(extra + _in_other_normal_forms(extra))


def _in_other_normal_forms(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return copies of files under the composed and decomposed forms of their names.

    macOS takes both for the same name and often stores the decomposed one, which Linux does not find by the other.
    """
    copies: list[tuple[str, bytes]] = []
    taken = {name for name, _ in files}
    folders = {parent.as_posix() for name in taken for parent in Path(name).parents}
    for name, content in files:
        for other in (unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)):
            parents = {parent.as_posix() for parent in Path(other).parents}
            if other not in taken | folders and taken.isdisjoint(parents) and not _is_too_long(other):
                copies.append((other, content))
                taken.add(other)
                folders |= parents
    return copies


def can_run_scripts(name: str) -> bool:
    """Whether some web server would serve a file of this name, or path, as a page that can run scripts.

    Every extension counts: formgrader decides by the last extension of a path, other servers by any of them or by the
    name read as a URL, and the tables of MIME types differ between machines.
    """
    extensions = [re.split(r"\W", part)[0].lower() for part in name.split(".")[1:]]
    types = [mimetypes.guess_type(f"/x.{extension}")[0] or "" for extension in extensions]
    return not ACTIVE_EXTENSIONS.isdisjoint(extensions) or any(kind.endswith(("html", "xml")) for kind in types)


def folder_problem(folder: Path) -> str:
    """Return why this is no submission folder, or ""."""
    if os.path.islink(folder):
        return "the folder is a symbolic link"
    if not os.path.isdir(folder):
        return "not a folder"
    return ""


def dangerous_character(name: str, characters: Mapping[str, str]) -> str:
    """Why a character in a name is dangerous, with the character's number, or "". characters: pattern → the reason."""
    found = ((re.search(pattern, name), reason) for pattern, reason in characters.items())
    return next((f"U+{ord(match[0]):04X}, {reason}" for match, reason in found if match), "")


def student_name_problem(name: str) -> str:
    """Why a folder name cannot be a student's name, or ""."""
    if not name:
        return "it is empty"
    if name.startswith("."):
        return "it begins with a dot: nbgrader ignores such folders"
    if name != name.strip():
        return "it begins or ends with white space, which nbgrader removes from names"
    problem = dangerous_character(name, {**MISLEADING, **INTERPRETED})
    return problem and f"it contains {problem}"


def safe_name(text: str) -> str:
    """A person's first or last name for the gradebook: dangerous characters as wide ones, or as "?" if they mislead."""
    text = re.sub("|".join(MISLEADING), "?", text)
    return re.sub("|".join(ACTIVE), lambda match: chr(ord(match[0]) + FULL_WIDTH), text)


def is_student_name(name: str) -> bool:
    """Whether a folder name is acceptable as a student's name."""
    return not student_name_problem(name)


def printable(name: str) -> str:
    """Escape a file name that would mislead in a terminal or a log: line ends, escape sequences, invalid UTF-8."""
    return ascii(name) if dangerous_character(name, MISLEADING) else name
