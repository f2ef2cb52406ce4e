"""Bring an LMS's table of people into the gradebook, and find the owner of a file of its download.

Marks follow the LMS's number alone. Two people who could be taken for each other are an error that names both; then
nothing is written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.cli.lms.model import Lms, Owned, Person, same_name
from grader.cli.lms.table import Table
from grader.errors import UserError
from grader.nbgrader_plugin.course import Course, Member
from grader.submission.files import printable, student_name_problem
from grader.submission.overlooked import made_by_tools

MAX_ID = 128  # characters of a student's id in nbgrader's database


def id_column(course: Course) -> str:
    """`c.Course.student_id_column` in nbgrader_config.py: the title of a column, "" for the LMS's own numbers."""
    return str(course.settings.Course.get("student_id_column", ""))


def import_roster(course: Course, lms: Lms, table: Table) -> list[Person]:
    """Write names, addresses and numbers to the gradebook. → the people. Raises UserError; then nothing was written."""
    people = [person for person in lms.people(table, id_column(course)) if person]
    members = course.members()
    if people and not people[0].number:
        people = _known_by_address(table, people, members)
        course.enrol(Member(p.student, first=p.first, last=p.last) for p in people)
        return people
    _check_ids(table, people, members)
    known = {member.student: member for member in members}
    by_number = {member.number: member for member in members if member.number}
    for person in people:
        _check_known(course, table, person, known.get(person.student), by_number.get(person.number))
    course.enrol(Member(p.student, p.number, p.first, p.last, p.email) for p in people)
    return people


def _known_by_address(table: Table, people: Sequence[Person], members: Sequence[Member]) -> list[Person]:
    """The people of a list without numbers who are in the gradebook, by their id or else by their address."""
    found: dict[str, Person] = {}
    for person in people:
        address = person.email.casefold()
        same = [m for m in members if m.student == person.student]
        same = same or [m for m in members if address and m.email.casefold() == address]
        where = f"{table.path}, line {person.line}: {shown(person)} with the address {person.email}"
        if len(same) > 1:
            raise UserError(f"{where} may be {shown(same[0])} or {shown(same[1])}. Nothing was written.")
        if same and (other := found.get(same[0].student)):
            raise UserError(f"{where} and {shown(other)} (line {other.line}) are one student. Nothing was written.")
        if same:
            found[same[0].student] = replace(person, student=same[0].student)
    if not found:
        raise UserError(f"{table.path} names no student of the gradebook: import the grading worksheet first.")
    return list(found.values())


def shown(person: Person | Member) -> str:
    """Name and id of a person, for a line of the terminal."""
    name = person.name if isinstance(person, Person) else " ".join(filter(None, [person.last, person.first]))
    return printable(f"{name} ({person.student})" if name and person.student else name or person.student)


def unique_numbers(table: Table, people: Iterable[Person | None]) -> dict[str, Person]:
    """The people of a table by the LMS's number. Raises UserError if two have the same."""
    found: dict[str, Person] = {}
    for person in filter(None, people):
        if other := found.get(person.number):
            raise UserError(
                f"{table.path}: lines {other.line} ({shown(other)}) and {person.line} ({shown(person)}) have the same "
                f"number {person.number}. Nothing was written."
            )
        found[person.number] = person
    return found


def _check_ids(table: Table, people: Sequence[Person], members: Sequence[Member]) -> None:
    unique_numbers(table, people)
    taken: dict[str, Person | Member] = {_form(member.student): member for member in members}
    listed: dict[str, Person] = {}
    for person in people:
        student = person.student
        if problem := student_id_problem(student):
            raise UserError(f"{table.path}, line {person.line}: {student[:60]!a} cannot be a student's id: {problem}.")
        other = listed.get(_form(student)) or taken.get(_form(student))
        if other and (isinstance(other, Person) or other.student != student):
            raise UserError(
                f"{table.path}, line {person.line}: {shown(person)}, number {person.number}, would have the same id as "
                f"{shown(other)}, number {other.number}; ids must differ in more than case or Unicode form. Nothing "
                "was written."
            )
        listed[_form(student)] = person


def _check_known(
    course: Course, table: Table, person: Person, same_id: Member | None, same_number: Member | None
) -> None:
    where = f"{table.path}, line {person.line}"
    if same_number and same_number.student != person.student:
        raise UserError(
            f"{where}: {shown(person)} has the number {person.number} of {shown(same_number)} in the gradebook. If "
            f"they are one person, remove the other id (nbgrader db student remove '{same_number.student}'). "
            "Nothing was written."
        )
    if same_id and same_id.number not in ("", person.number):
        name = f"{same_id.last}{same_id.first}"
        if name and person.name and not same_name(name, f"{person.last}{person.first}"):
            raise UserError(f"{where}: {shown(person)} is {shown(same_id)} in the gradebook. Nothing was written.")
    if person.number != person.student and course.folder("submitted", person.number).is_dir():
        raise UserError(
            f"{where}: {course.folder('submitted', person.number)} was collected before its student had the id "
            f"{person.student}: remove that folder and collect again. Nothing was written."
        )


def student_id_problem(student: str) -> str:
    """Why a text cannot be a student's id and the name of their folder, or ""."""
    if problem := student_name_problem(student):
        return problem
    if "/" in student or made_by_tools(student):
        return "it is no name for a folder"
    return f"it is longer than {MAX_ID} characters" if len(student.encode()) > MAX_ID else ""


def _form(student: str) -> str:
    return unicodedata.normalize("NFKC", student).casefold()


@dataclass(frozen=True)
class Owners:
    """Finds owners of files. members: by the LMS's number; empty where no roster was imported."""

    lms: Lms
    members: Mapping[str, Member]

    @classmethod
    def of(cls, lms: Lms, members: Iterable[Member]) -> Owners:
        """Raises UserError if two students have the same number."""
        found: dict[str, Member] = {}
        for member in members:
            if not member.number:
                continue
            if other := found.get(member.number):
                raise UserError(
                    f"The gradebook has the number {member.number} twice: {shown(other)} and {shown(member)}. "
                    f"Remove one: nbgrader db student remove '{member.student}'."
                )
            found[member.number] = member
        return cls(lms, found)

    def find(self, path: str) -> Owned:
        """Raises ValueError with the reason why a file has no owner here."""
        readings = self.lms.owners(path)
        known = [owned for owned in readings if owned.number in self.members] if self.members else readings
        if not known:
            raise ValueError(f"{readings[0].name} ({readings[0].number}) is not in the roster")
        if len(readings) > 1 and self.members:
            known = [owned for owned in known if self._has_name(owned)]
        if len(known) == 1:
            return known[0]
        numbers = " or ".join(f"{owned.name} ({owned.number})" for owned in readings)
        hint = "" if self.members else "; import the roster first"
        raise ValueError(f"it may belong to {numbers}{hint}")

    def student(self, number: str) -> str:
        """The id of the student with this number."""
        return self.members[number].student if number in self.members else number

    def _has_name(self, owned: Owned) -> bool:
        member = self.members[owned.number]
        return same_name(owned.name, f"{member.last}{member.first}")
