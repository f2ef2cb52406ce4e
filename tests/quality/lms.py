"""Take a class through Moodle in one go, from the download to marks and feedback; for docs/classroom-lms.md.

Run `python -m tests.quality.lms`. Its people could be confused: equal names, names in two Unicode forms, ids that
differ in leading zeros, full-width characters. → 1 if anything is lost, or comes back to another person.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from grader.grading.report import points
from grader.nbgrader_plugin.course import PROJECT, Course
from tests.helpers.bank import bank
from tests.helpers.course_fixture import ASSIGNMENT, bank_source, filled, make_course
from tests.helpers.lms_class import MOODLE_TITLES, delivered_by_moodle, files_of, pack, read_csv, write_csv
from tests.helpers.typed import typed

NOTEBOOKS = ("losses", "iris")
MAXIMUM = "13.00"
# Answers in the bank; together each has another total, so that a mark that changed places would be seen.
WORK = [
    {"softmax": "functional", "cross_entropy": "functional", "iris_hookup": "logits_and_torch_loss"},
    {"softmax": "no_max_subtraction", "cross_entropy": "functional", "iris_hookup": "logits_and_torch_loss"},
    {"softmax": "functional", "cross_entropy": "usual_epsilon", "iris_hookup": "logits_and_torch_loss"},
    {"softmax": "argmax_one_hot", "cross_entropy": "functional", "iris_hookup": "logits_and_torch_loss"},
    {"softmax": "functional", "cross_entropy": "sum_instead_of_mean", "iris_hookup": "logits_and_torch_loss"},
    {"softmax": "no_max_subtraction", "cross_entropy": "functional", "iris_hookup": "double_softmax"},
    {"softmax": "backward_in_float16", "cross_entropy": "usual_epsilon", "iris_hookup": "mse_of_logits"},
    {"softmax": "argmax_one_hot", "cross_entropy": "sum_instead_of_mean", "iris_hookup": "double_softmax"},
]
OBSERVED = {"iris_observation": "損失は下がりました。"}
NAMES = (
    "佐藤 花子",
    unicodedata.normalize("NFC", "ガリレオ 二郎"),
    unicodedata.normalize("NFD", "ガリレオ 二郎"),
    "Ｙａｍａｄａ　太郎",
    "O'Brien, Seán <b>",
    "Eve_1000003 Mallory",
    "髙橋 𠮷子",
)
# How a file stands in the download: with a folder as older and as newer versions of Moodle write it, and without one.
PLACES = (
    "{owner}_/{name}.ipynb",
    "{owner}/{name}.ipynb",
    "{owner}_{name}.ipynb",
    "{owner}_/{name} (1).ipynb",
    "{owner}_/課題/{name}.ipynb",
)


@dataclass(frozen=True)
class Participant:
    """work: index in WORK, None without a submission. waits: wrote an observation. locked: Moodle keeps the mark."""

    number: str
    name: str
    student: str
    work: int | None
    place: str
    waits: bool
    locked: bool

    @property
    def owner(self) -> str:
        """How Moodle names what this person has handed in."""
        return f"{self.name.replace('_', ' ')}_{self.number}_assignsubmission_file"

    @property
    def returned(self) -> bool:
        """Whether a mark must come back."""
        return self.work is not None and not self.waits and not self.locked


def main() -> int:
    """Take the class through, print the table and what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.lms", description=__doc__)
    parser.add_argument("--students", type=int, default=200)
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix="lms-") as folder:
        people = participants(options.students)
        root = Path(folder) / "course"
        course = make_course(root, NOTEBOOKS, '\nc.Course.student_id_column = "ID number"\n')
        (root / "Makefile").write_text((PROJECT / "Makefile").read_text())
        expected = write_download(course, people)
        table = Table("command", "seconds", "its last words", title=f"a class of {len(people)}", title_justify="left")
        for line in COMMANDS:
            begin = time.monotonic()
            done = typed(line, root)
            if done.returncode:
                console.print(done.stdout, done.stderr)
                return 1
            said = [text for text in done.stdout.splitlines() if re.search(r"\d", text)]
            table.add_row(line, f"{time.monotonic() - begin:.0f}", said[-1].strip())
        console.print(table)
        problems = [*collected_wrongly(course, people, expected), *returned_wrongly(course, people)]
        counts = Counter("returned" if p.returned else "left as it was" for p in people)
        console.print(f"{sum(map(len, expected.values()))} files of {len(expected)} students; {dict(counts)}")
        console.print("\n".join(problems) or "nothing lost, nothing under another name")
    return bool(problems)


COMMANDS = (
    "python -m grader collect moodle all.zip Grades.csv --timezone Asia/Tokyo",
    "python -m grader roster moodle participants.csv",
    "make grade",
    "python -m grader return moodle Grades.csv",
)


def participants(students: int) -> list[Participant]:
    """The class, in an order of its own. Every second id is the one before it without its zeros."""
    chance = random.Random(0)
    people = []
    for index in range(students):
        name = NAMES[index % 10] if index % 10 < len(NAMES) else f"学生 {index:03d}"
        student = f"{index:07d}" if index % 2 == 0 else str(index - 1)
        people.append(
            Participant(
                number=str(1_000_000 + chance.randrange(10**6) * 1000 + index),
                name=name,
                student=f"Ｓ{index:03d}" if index % 20 == 17 else student,
                work=None if index % 40 == 39 else chance.randrange(len(WORK)),
                place=PLACES[index % 7 % len(PLACES)],
                waits=index % 25 == 24,
                locked=index == 77,
            )
        )
    chance.shuffle(people)
    return people


def write_download(course: Course, people: list[Participant]) -> dict[str, dict[str, bytes]]:
    """Write the archive and both tables into the course. → what must be collected: student → name → content."""
    expected: dict[str, dict[str, bytes]] = {}
    files: list[tuple[str, str | bytes]] = []
    texts: dict[tuple[str, int, bool], str] = {}
    for person in people:
        if person.work is None:
            continue
        for name in NOTEBOOKS:
            key = name, person.work, person.waits
            if key not in texts:
                cells = {cell: bank_source(cell, answer) for cell, answer in WORK[person.work].items()}
                release = course.folder("release") / f"{name}.ipynb"
                texts[key] = filled(release, cells | (OBSERVED if person.waits else {}))
            files.append((person.place.format(owner=person.owner, name=name), texts[key]))
            expected.setdefault(person.student, {})[f"{name}.ipynb"] = texts[key].encode()
        if person.number.endswith(("25", "75")):  # few: notebooks beside other files are graded one by one, not once
            files.append((f"{person.owner}_/誰の.txt", person.student))
            expected[person.student]["誰の.txt"] = person.student.encode()
    pack(course.root / "all.zip", files)
    write_csv(course.root / "Grades.csv", [MOODLE_TITLES, *map(worksheet_row, people)])
    listed = [[*first_and_last(p), p.student, address(p)] for p in people]
    write_csv(course.root / "participants.csv", [["First name", "Last name", "ID number", "Email address"], *listed])
    return expected


def worksheet_row(person: Participant) -> list[str]:
    """A line of Moodle's grading worksheet."""
    handed_in = "-" if person.work is None else "Monday, 30 November 2026, 9:05 PM"
    return [
        f"Participant {person.number}", person.name, person.student, address(person), "Submitted for grading", "",
        MAXIMUM, "No" if person.locked else "Yes", handed_in, "-", "",
    ]  # fmt: skip


def address(person: Participant) -> str:
    """An address that nobody else has."""
    return f"p{person.number}@example.ac.jp"


def first_and_last(person: Participant) -> tuple[str, str]:
    """The names as the list of participants has them, apart."""
    last, _, first = person.name.replace("\u3000", " ").partition(" ")
    return first, last


def collected_wrongly(
    course: Course, people: list[Participant], expected: dict[str, dict[str, bytes]]
) -> Iterator[str]:
    """What is not in submitted/ as it was handed in, and who has another name in the gradebook."""
    found = files_of(course)
    for student in sorted({*expected, *found}):
        files = {name: content for name, content in found.get(student, {}).items() if name != "timestamp.txt"}
        if files != expected.get(student, {}):
            yield f"submitted/{student}: {sorted(files)} differ from what was handed in"
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        names = {s.id: (s.first_name, s.last_name, s.lms_user_id) for s in gradebook.students}
    for person in people:
        if names.get(person.student) != (*first_and_last(person), person.number):
            yield f"gradebook: {person.student} is {names.get(person.student)}, not {person.name}"


def returned_wrongly(course: Course, people: list[Participant]) -> Iterator[str]:
    """Marks and pages that are not the participant's own, are missing, or should have stayed here."""
    scores = {(answer.folder, answer.name): answer.score for answer in bank()}
    totals = [sum(scores[item] for item in work.items()) for work in WORK]
    if len(set(totals)) < len(totals):
        yield f"two kinds of work have the same total: {totals}"
    folder = course.root / "returned" / ASSIGNMENT / "moodle"
    rows = {row["Identifier"]: row for row in read_csv(folder / "Grades.csv")}
    before = read_csv(course.root / "Grades.csv")
    if [{**row, "Grade": ""} for row in rows.values()] != before:
        yield "the worksheet has other rows, or changed in more than the marks"
    pages = delivered_by_moodle(folder / "feedback.zip")
    for person in people:
        mark = points(totals[person.work]) if person.returned and person.work is not None else ""
        if rows[f"Participant {person.number}"]["Grade"] != mark:
            yield f"{person.student}: the mark {rows[f'Participant {person.number}']['Grade']!r} is not {mark!r}"
        own = pages.pop(person.number, {})
        if set(own) != ({f"{name}.html" for name in NOTEBOOKS} if person.returned else set()):
            yield f"{person.student}: feedback {sorted(own)}"
        first, last = first_and_last(person)
        for name, page in own.items():
            whose = html.unescape("".join(re.findall(r'<bdi translate="no">(.*?)</bdi>', page)))
            if whose != f"{person.student}（{last} {first}）":
                yield f"{person.student}: {name} is of {whose}"
            if f"課題全体では {mark} / 13 点" not in page:
                yield f"{person.student}: {name} does not say {mark} points"
    if pages:
        yield f"feedback for nobody: {sorted(pages)}"


if __name__ == "__main__":
    sys.exit(main())
