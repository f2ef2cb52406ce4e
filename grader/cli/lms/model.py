"""What a Moodle and a Canvas have in common: people with a number, files that name their owner, a table of marks."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from grader.cli.lms.table import Table


@dataclass(frozen=True)
class Person:
    """A student as the LMS names them.

    number: the LMS's own, which is in every file name and table; marks follow it alone, never a name. "" in a list of
    names without numbers.
    student: the id here. name: as shown. line: in the LMS's table. submitted: when, as the LMS writes it, or "".
    """

    number: str
    student: str
    name: str
    first: str = ""
    last: str = ""
    email: str = ""
    line: int = 0
    submitted: str = ""


@dataclass(frozen=True)
class Owned:
    """One reading of a file's path in a download.

    number, name: of its owner. file: its path in the submission. late: the LMS says so. order: a file with a higher
    number was uploaded later; None where the LMS does not say.
    """

    number: str
    name: str
    file: str
    late: bool = False
    order: int | None = None


@dataclass(frozen=True)
class Marks:
    """Where marks go in an LMS's table.

    table: with the columns that go back. people: by row, None for rows that are no student. column: of the marks.
    maximum: points, None where the table does not say. locked: rows whose mark cannot be changed → why.
    """

    table: Table
    people: list[Person | None]
    column: int
    maximum: float | None
    locked: dict[int, str]


class Lms(Protocol):
    """The formats of one LMS."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def example(self) -> str:
        """The name of a file in its download, for messages."""

    def owners(self, path: str) -> list[Owned]:
        """All readings of a path; more than one only where it is ambiguous. Raises ValueError if there is none."""

    def people(self, table: Table, id_column: str) -> list[Person | None]:
        """The person of each row. id_column: title of the column with the students' ids, "" for the LMS's numbers."""

    def marks(self, table: Table, column: str) -> Marks:
        """Where the marks go. column: its title where there are several, or "". Raises UserError."""

    def feedback_paths(self, person: Person, pages: Sequence[str], files: Sequence[Owned]) -> dict[str, str]:
        """Page (file name) → its path in the zip file to upload; pages that the LMS could not deliver are missing.

        files: the student's in the download, where the LMS delivers feedback to files.
        """

    def submitted_at(self, text: str) -> str:
        """A time as the LMS writes it → `2026-11-30 21:05:00`, "" for none. Raises ValueError."""


def same_name(first: str, second: str) -> bool:
    """Whether two names agree in their letters and digits: an LMS drops other characters from file names."""
    return _letters(first) == _letters(second)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))
