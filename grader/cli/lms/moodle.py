"""Moodle's formats: the download of all submissions, the offline grading worksheet, the zip file of feedback.

As Moodle's own code writes and reads them: mod/assign/classes/downloader.php, gradingtable.php,
feedback/offline/importgradeslib.php and feedback/file/importziplib.php.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from grader.cli.lms.model import Marks, Owned, Person
from grader.cli.lms.table import Table, folded
from grader.errors import UserError
from grader.submission.files import printable

# `Full Name_1234567_assignsubmission_file_/losses.ipynb`, without the last _ from 4.1 on, or without a folder. Moodle
# replaces _ in names by a space, so the first number is the owner's; a student's file name cannot change that.
OWNER = re.compile(
    r"(?P<name>[^/_]*)_(?P<number>[0-9]+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)
TITLES: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("moodle_titles.toml").read_text())
PARTICIPANT = re.compile(r"[^0-9]*([0-9]+)\s*")  # "Participant 1234567", 「参加者1234567」
# "Monday, 30 November 2026, 9:05 PM", "Monday, November 30, 2026, 9:05 PM", 「2026年 11月 30日(月曜日) 21:05」
CLOCK = r"(\d{1,2}):(\d\d)(?::\d\d)?\s*([AP]M)?"
DATES = (
    re.compile(rf"(?:\w+, )?(?P<d>\d{{1,2}}) (?P<m>[A-Z][a-z]+) (?P<y>\d{{4}}), {CLOCK}"),
    re.compile(rf"(?:\w+, )?(?P<m>[A-Z][a-z]+) (?P<d>\d{{1,2}}), (?P<y>\d{{4}}), {CLOCK}"),
    re.compile(rf"(?P<y>\d{{4}})年\s*(?P<m>\d{{1,2}})月\s*(?P<d>\d{{1,2}})日\s*(?:\([^)]*\))?\s*{CLOCK}"),
    re.compile(rf"(?P<y>\d{{4}})[-/](?P<m>\d\d)[-/](?P<d>\d\d)[ T]{CLOCK}"),
)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


class Moodle:
    """See `Lms`."""

    name = "Moodle"
    example = "Full Name_1234567_assignsubmission_file_/losses.ipynb"

    def owners(self, path: str) -> list[Owned]:
        """The outermost folder or file name that names an owner decides."""
        parts = path.split("/")
        for index, part in enumerate(parts):
            if match := OWNER.fullmatch(part):
                if match["kind"] != "file":
                    raise ValueError("text typed into Moodle, not a file")
                rest = [match["file"]] if match["file"] else []
                if file := "/".join([*rest, *parts[index + 1 :]]):
                    return [Owned(match["number"], match["name"], file)]
        raise ValueError("its name does not say whose it is")

    def people(self, table: Table, id_column: str) -> list[Person | None]:
        """Of a grading worksheet, or of the list of participants, which has no numbers. Raises UserError."""
        if table.find(TITLES["identifier"]) is None and table.find(TITLES["last_name"]) is not None:
            return _listed(table, id_column)
        identifier, full_name, email = (
            table.column(TITLES["identifier"]),
            table.find(TITLES["full_name"]),
            table.find(TITLES["email"]),
        )
        id_index = table.column([id_column]) if id_column else None
        time = table.find(TITLES["submitted"])
        people: list[Person | None] = []
        for line, cells in zip(table.lines, table.rows, strict=True):
            match = PARTICIPANT.fullmatch(cells[identifier])
            if match is None:
                found = f"'{printable(cells[identifier][:40])}' is no participant such as 'Participant 1234567'"
                raise UserError(f"{table.path}, line {line}: {found}.")
            name = cells[full_name].strip() if full_name is not None else ""
            first, last = split_name(name)
            student = cells[id_index].strip() if id_index is not None else ""
            address = cells[email].strip() if email is not None else ""
            submitted = cells[time] if time is not None else ""
            people.append(Person(match[1], student or match[1], name, first, last, address, line, submitted))
        return people

    def marks(self, table: Table, column: str) -> Marks:
        """The worksheet is for one assignment: it goes back as it is, with the column of grades filled."""
        if table.find(TITLES["maximum"]) is None:
            raise UserError(f"{table.path} has no column 'Maximum grade': choose the grade type 'Point' in Moodle.")
        changeable, most = table.find(TITLES["can_change"]), table.column(TITLES["maximum"])
        locked = {
            row: "Moodle does not let its grade be changed"
            for row, cells in enumerate(table.rows)
            if changeable is not None and folded(cells[changeable]) in TITLES["no"]
        }
        return Marks(
            table,
            self.people(table, ""),
            table.column([column] if column else TITLES["grade"]),
            _number(table, most),
            locked,
        )

    def feedback_paths(self, person: Person, pages: Sequence[str], files: Sequence[Owned]) -> dict[str, str]:
        """In a folder with the download's name, of which Moodle reads the number alone."""
        name = re.sub(r"[\x00-\x1f\x7f&<>\"`|':\\/?*_.]", " ", person.name).strip() or "Participant"
        name = name.encode()[:120].decode(errors="ignore")
        return {page: f"{name}_{person.number}_assignsubmission_file_/{page}" for page in pages}

    def submitted_at(self, text: str) -> str:
        """See `Lms`."""
        text = unicodedata.normalize("NFKC", text).strip()
        if text in ("", "-"):
            return ""
        for pattern in DATES:
            if match := pattern.fullmatch(text):
                hour, minute, half = match.groups()[-3:]
                hours = int(hour) if half is None else int(hour) % 12 + 12 * (half == "PM")
                with suppress(ValueError):
                    time = datetime(int(match["y"]), _month(match["m"]), int(match["d"]), hours, int(minute))
                    return f"{time:%Y-%m-%d %H:%M:%S}"
        raise ValueError(f"the time {text[:60]!a} is not understood")


def _month(text: str) -> int:
    return int(text) if text.isdigit() else MONTHS.index(text[:3].lower()) + 1


def _listed(table: Table, id_column: str) -> list[Person | None]:
    """The list of participants: first and last names apart, known by their address or id."""
    first, last, email = (
        table.column(TITLES["first_name"]),
        table.column(TITLES["last_name"]),
        table.column(TITLES["email"]),
    )
    id_index = table.find([id_column]) if id_column else None
    people: list[Person | None] = []
    for line, cells in zip(table.lines, table.rows, strict=True):
        given, family = cells[first].strip(), cells[last].strip()
        student = cells[id_index].strip() if id_index is not None else ""
        people.append(Person("", student, f"{family} {given}", given, family, cells[email].strip(), line))
    return people


def split_name(name: str) -> tuple[str, str]:
    """A full name → (first, last), for display: names with Japanese or Chinese characters start with the last."""
    words = name.split()
    if len(words) < 2:
        return "", name
    if any(0x3040 <= ord(char) <= 0x9FFF for char in name):
        return " ".join(words[1:]), words[0]
    return " ".join(words[:-1]), words[-1]


def _number(table: Table, column: int) -> float | None:
    """The number that all rows of a column contain. Raises UserError if they differ."""
    values = {cells[column].strip().replace(",", ".") for cells in table.rows}
    try:
        (value,) = values
        return float(value)
    except ValueError:
        raise UserError(
            f"{table.path}: the maximum grade is not one number ({', '.join(sorted(values))[:60]})."
        ) from None
