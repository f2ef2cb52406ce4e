"""Read a zip file of other people's files: names decoded, sizes bounded, no link, no path that leaves its folder.

This module does not know what an LMS is.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from grader.errors import UserError
from grader.submission.files import MAX_NAME_BYTES, MAX_PATH_BYTES, MISLEADING, dangerous_character

# zipfile reads the whole list of files at once: 8 MB are about 75,000 files, or 60 MB of memory.
MAX_LIST_BYTES = 8 << 20
MAX_TOTAL_BYTES = 4 << 30  # unpacked, of one archive
# Notebooks with pictures shrink to three quarters, repeated log lines to a fiftieth; a bomb to a thousandth.
MAX_RATIO, RATIO_FROM_BYTES = 200, 1 << 20
UTF8_NAME, ENCRYPTED = 0x800, 0x1  # flags of an entry
END, END_64, LOCATOR_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"
MAX_COMMENT_BYTES = 0xFFFF


@dataclass(frozen=True)
class Entry:
    """A file in an archive. path: its name, with "/". problem: why it must not be read, or ""."""

    path: str
    problem: str
    info: zipfile.ZipInfo

    def has_content_of(self, other: Entry) -> bool:
        """Whether size and checksum are the same."""
        return (self.info.file_size, self.info.CRC) == (other.info.file_size, other.info.CRC)


class Archive:
    """A zip file, open for reading. entries: its files, in its order, without folders."""

    def __init__(self, path: Path) -> None:
        """Raises UserError if it is not a zip file that can be read, or lists too many files."""
        try:
            if (size := _list_bytes(path)) > MAX_LIST_BYTES:
                raise UserError(
                    f"{path} lists too many files ({size >> 20} MB of names); download a part of the class."
                )
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error) as error:
            raise UserError(f"{path} is not a zip file that can be read: {error}.") from None
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        encoding = _encoding_of_names(infos)
        self.entries = [_entry(info, encoding) for info in infos]
        self._bytes_left = MAX_TOTAL_BYTES

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def read(self, entry: Entry, limit: int) -> bytes:
        """The content of a file. limit: bytes. Raises ValueError with the reason why it is not read."""
        info = entry.info
        if entry.problem:
            raise ValueError(entry.problem)
        if info.file_size > limit:
            raise ValueError(f"it is larger than {limit >> 20} MB")
        if info.file_size > max(RATIO_FROM_BYTES, MAX_RATIO * info.compress_size):
            raise ValueError(f"it unpacks to more than {MAX_RATIO} times its size")
        if info.file_size > self._bytes_left:
            raise ValueError(f"the archive unpacks to more than {MAX_TOTAL_BYTES >> 30} GB")
        try:
            with self._zip.open(info) as file:
                content = file.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise ValueError(f"it is damaged ({str(error)[:100]})") from None
        if len(content) != info.file_size:
            raise ValueError("it is damaged (its size is not the one that the archive states)")
        self._bytes_left -= len(content)
        return content


def _list_bytes(path: Path) -> int:
    """The size of the list of files that the end of the archive states, 0 where there is no such end."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = file.seek(max(0, size - MAX_COMMENT_BYTES - 1024))
        tail = file.read()
        if (end := tail.rfind(END)) < 0:
            return 0
        (stated,) = struct.unpack_from("<I", tail, end + 12)
        if stated < 0xFFFFFFFF or tail[max(0, end - 20) : end][:4] != LOCATOR_64:
            return int(stated)
        (offset,) = struct.unpack_from("<Q", tail, end - 12)
        file.seek(min(offset, start + end))
        record = file.read(56)
    return int(struct.unpack_from("<Q", record, 40)[0]) if record[:4] == END_64 else MAX_LIST_BYTES + 1


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & UTF8_NAME else "cp437")


def _encoding_of_names(infos: list[zipfile.ZipInfo]) -> str:
    """The encoding of the names that are not marked as UTF-8: UTF-8 if all can be, otherwise Windows' Japanese one."""
    names = [_raw_name(info) for info in infos if not info.flag_bits & UTF8_NAME]
    for encoding in ("utf-8", "cp932"):
        try:
            for name in names:
                name.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "cp437"


def _entry(info: zipfile.ZipInfo, encoding: str) -> Entry:
    name = _raw_name(info).decode("utf-8" if info.flag_bits & UTF8_NAME else encoding)
    return Entry(name, _path_problem(name) or _kind_problem(info), info)


def _path_problem(name: str) -> str:
    parts = name.split("/")
    if not name or name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "an absolute path"
    if {"", ".", ".."} & set(parts):
        return "a path that leaves its folder"
    if "\\" in name:
        return "a backslash in its name, which some programs take for a folder"
    if problem := dangerous_character(name, MISLEADING):
        return f"its name contains {problem}"
    if max(len(part.encode()) for part in parts) > MAX_NAME_BYTES or len(name.encode()) > MAX_PATH_BYTES:
        return "its name is too long"
    return ""


def _kind_problem(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "a link" if kind == stat.S_IFLNK else "not a file"
    if info.flag_bits & ENCRYPTED:
        return "encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "compressed in a way that is not supported"
    return ""
