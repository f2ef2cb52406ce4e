"""Canvas's formats: the download of submissions, the gradebook's export, the zip file of "Upload Submissions".

As Canvas's own code writes and reads them: lib/content_zipper.rb, lib/gradebook_exporter.rb, lib/gradebook_importer.rb
and `infer_comment_context_from_filename` in app/models/abstract_assignment.rb.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.cli.lms.model import Marks, Owned, Person
from grader.cli.lms.table import Table, folded
from grader.errors import UserError
from grader.submission.files import printable

# `yamadataro_LATE_123_456_losses-1.ipynb`: the name without spaces and signs, the numbers of user and file, the file's
# name. A name or a file may contain numbers between _, too: then there are several readings.
NUMBERS = re.compile(r"_(?P<late>LATE_)?(?=(?P<user>[0-9]+)_(?P<file>[0-9]+)_(?P<title>.+)$)", re.DOTALL)
ANONYMOUS = re.compile(r"(?:LATE_)?anon_[^_]+_[0-9]+_")
TYPED = re.compile(r"_(?:text|link)\.html$")
STUDENT, LAST, FIRST, NUMBER, SECTION = ("Student",), ("LastName",), ("FirstName",), ("ID",), ("Section",)
LOGIN = ("SIS Login ID",)
TEST_STUDENT = "student, test"  # made by Canvas for the instructor's "Student View"
ASSIGNMENT = re.compile(r".*\((?P<number>[0-9]+)\)\s*", re.DOTALL)  # "損失関数 (987)"
POINTS, READ_ONLY = "points possible", "read only"
# "EX" is an excused student, "N/A" one to whom the assignment is not assigned.
LOCKED = {"ex": "excused in Canvas", "n/a": "the assignment is not assigned to them in Canvas"}


class Canvas:
    """See `Lms`."""

    name = "Canvas"
    example = "yamadataro_123_456_losses.ipynb"

    def owners(self, path: str) -> list[Owned]:
        """All files are in one folder, so only the last part of the path counts."""
        name = path.rpartition("/")[2]
        if ANONYMOUS.match(name):
            raise ValueError("an anonymous submission: show the names in Canvas, then download again")
        found = [
            Owned(match["user"], name[: match.start()], match["title"], bool(match["late"]), int(match["file"]))
            for match in NUMBERS.finditer(name)
            if match.start()
        ]
        if not found:
            typed = TYPED.search(name)
            raise ValueError("text or a link, not a file" if typed else "its name does not say whose it is")
        return found

    def people(self, table: Table, id_column: str) -> list[Person | None]:
        """Raises UserError if the file is no export of the gradebook."""
        number, login = table.column(NUMBER), table.find(LOGIN)
        name, last, first = table.find(STUDENT), table.find(LAST), table.find(FIRST)
        if name is None and (last is None or first is None):
            table.column(STUDENT)
        id_index = table.column([id_column]) if id_column else None
        people: list[Person | None] = []
        for line, cells in zip(table.lines, table.rows, strict=True):
            if not re.fullmatch("[0-9]+", cells[number].strip()):
                if cells[number].strip():
                    raise UserError(f"{table.path}, line {line}: '{printable(cells[number][:40])}' is no ID of Canvas.")
                people.append(None)  # "Points Possible", "Manual Posting"
                continue
            if name is None:
                family, given = cells[last or 0].strip(), cells[first or 0].strip()
            else:
                family, _, given = (part.strip() for part in cells[name].partition(","))
            student = cells[id_index].strip() if id_index is not None else ""
            address = cells[login].strip() if login is not None and "@" in cells[login] else ""
            shown = f"{family}, {given}" if given else family
            if folded(shown) == TEST_STUDENT:
                people.append(None)
                continue
            canvas_id = cells[number].strip()
            people.append(Person(canvas_id, student or canvas_id, shown, given, family, address, line))
        return people

    def marks(self, table: Table, column: str) -> Marks:
        """Only the columns about students and the assignment's one go back: an import changes no other mark."""
        about = table.column(SECTION)
        index = _assignment(table, about, column)
        kept = [*range(about + 1), index]
        short = Table(
            table.path,
            [table.header[i] for i in kept],
            [[cells[i] for i in kept] for cells in table.rows],
            table.lines,
            table.delimiter,
            table.bom,
        )
        people = self.people(table, "")
        points = [
            cells[-1] for cells, who in zip(short.rows, people, strict=True) if not who and POINTS in folded(cells[0])
        ]
        locked = {row: LOCKED[folded(cells[-1])] for row, cells in enumerate(short.rows) if folded(cells[-1]) in LOCKED}
        return Marks(short, people, len(kept) - 1, _number(points[0]) if points else None, locked)

    def feedback_paths(self, person: Person, pages: Sequence[str], files: Sequence[Owned]) -> dict[str, str]:
        """Under names like the download's, of which Canvas reads the numbers of user and file.

        A page goes to the student's file of the same name, or else to the last one.
        """
        if not files:
            return {}
        # Canvas takes the first two numbers between _: the name must contain none.
        name = re.sub(r"[\W_]", "", f"{person.last}{person.first}".casefold())
        name = name if name and not name.isdecimal() and name != "anon" else "student"
        paths = {}
        for page in pages:
            stem = page.removesuffix(".html").casefold()
            own = [owned for owned in files if stem in owned.file.casefold()]
            last = max(own or files, key=lambda owned: owned.order or 0)
            paths[page] = f"{name}_{person.number}_{last.order}_{page}"
        return paths

    def submitted_at(self, text: str) -> str:
        """Canvas's files do not say when; only that it was late."""
        return ""


def _assignment(table: Table, about: int, wanted: str) -> int:
    """The column of the assignment. wanted: its title, its number, or its title without the number; "" if only one."""
    found = {
        index: match["number"]
        for index, title in enumerate(table.header)
        if index > about and (match := ASSIGNMENT.fullmatch(title)) and not _is_read_only(table, index)
    }
    if wanted:
        own = {
            index
            for index, number in found.items()
            if folded(wanted) in (number, folded(table.header[index]), folded(table.header[index].rpartition("(")[0]))
        }
        found = {index: number for index, number in found.items() if index in own}
    if len(found) == 1:
        return next(iter(found))
    titles = ", ".join(table.header[index] for index in found) or ", ".join(table.header[about + 1 :]) or "none"
    problem = "has several assignments" if found else "has no such assignment"
    raise UserError(f"{table.path} {problem} ({titles[:300]}): name the column, --column 'TITLE'.")


def _is_read_only(table: Table, index: int) -> bool:
    return any(READ_ONLY in folded(cells[index]) and POINTS in folded(cells[0]) for cells in table.rows)


def _number(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None
