"""Read a CSV file as an LMS or a spreadsheet writes it; write it again with other marks and nothing else changed."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.checking.atomic import atomic_write
from grader.errors import UserError

MAX_BYTES = 20 << 20  # a worksheet of 1,000 students has 200 KB, more with texts that they typed online
DELIMITERS = ",;\t"
BOM = "\ufeff"


@dataclass(frozen=True)
class Table:
    """header: the titles. rows: cells, as many as titles. lines: the line of each row, from 1. bom: UTF-8's mark."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    delimiter: str = ","
    bom: bool = False

    def find(self, titles: Sequence[str]) -> int | None:
        """The index of the first column with one of these titles, whatever their case and width."""
        wanted = {folded(title) for title in titles}
        return next((index for index, title in enumerate(self.header) if folded(title) in wanted), None)

    def column(self, titles: Sequence[str]) -> int:
        """As `find`. Raises UserError if there is no such column."""
        if (index := self.find(titles)) is None:
            found = ", ".join(title[:40] for title in self.header[:20])
            raise UserError(f"{self.path} has no column '{titles[0]}'; its columns: {found}.")
        return index

    def write(self, path: Path) -> None:
        """Write it with the delimiter and the mark with which it was read, as UTF-8, atomically."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter).writerows([self.header, *self.rows])
        atomic_write(path, (BOM if self.bom else "") + text.getvalue())


def folded(title: str) -> str:
    """A title for comparison."""
    return unicodedata.normalize("NFKC", title).casefold().strip()


def read_table(path: Path) -> Table:
    """Raises UserError if the file is not such a table, with the line where possible."""
    text = _text(path)
    bom, text = text.startswith(BOM), text.removeprefix(BOM)
    first_line = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first_line.count)
    csv.field_size_limit(MAX_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cells):
                found.append((reader.line_num, cells))
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {error}.") from None
    if len(found) < 2:
        raise UserError(f"{path} contains no table with titles and rows.")
    header = found[0][1]
    for line, cells in found[1:]:
        if len(cells) != len(header):
            raise UserError(f"{path}, line {line}: {len(cells)} cells, but {len(header)} titles.")
    return Table(path, header, [cells for _, cells in found[1:]], [line for line, _ in found[1:]], delimiter, bom)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path} is larger than {MAX_BYTES >> 20} MB.")
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8", "cp932"):  # a spreadsheet on Japanese Windows saves in cp932
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserError(f"{path} is not text in UTF-8 (save it as CSV UTF-8).")
