"""Fill submitted/ from an LMS's download. Every file of it is collected, or named with the reason why not.

nbgrader's own `zip_collect` is not used: it unpacks without limits, stops at the first file that a student submitted
twice, and only logs the files that its regular expression does not match.
"""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.cli.console import file_error
from grader.cli.lms.archive import Archive, Entry
from grader.cli.lms.arrange import Arranged, arrange, made_by_a_tool
from grader.cli.lms.model import Lms, Owned, Person
from grader.cli.lms.roster import Owners, shown, student_id_problem
from grader.errors import UserError
from grader.nbgrader_plugin.course import Course
from grader.submission.files import MAX_FILE_BYTES, MAX_FILES, TIMESTAMP, folder_problem, printable, regular_files
from grader.submission.overlooked import SUFFIX
from grader.submission.parse import MAX_NOTEBOOK_BYTES

NEW, REPLACED, UNCHANGED = "new", "replaced", "unchanged"
MAX_STUDENT_BYTES = 250 << 20  # unpacked: four large notebooks and as much of other files; an archive has 4 GB for all


@dataclass
class Collected:
    """students: by id, how each submission was collected. lines: what a person should know. files: number of them."""

    students: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    files: int = 0


def collect(course: Course, lms: Lms, path: Path, people: Sequence[Person], zone: str) -> Collected:
    """Collect all submissions of an archive. Raises UserError; then nothing was collected.

    A submission that cannot be written is one line, and what was collected of it before stays.

    people: of the LMS's table where one was given, for the times of submission. zone: the time zone of those, or "".
    """
    notebooks = expected_notebooks(course)
    owners = Owners.of(lms, course.members())
    result = Collected()
    failed: list[str] = []
    with Archive(path) as archive:
        files = _by_owner(owners, archive, result)
        if not files:
            found = f"; the first of its {len(archive.entries)} files: {result.lines[0]}" if result.lines else ""
            raise UserError(f"{path} has no submission with a name such as {lms.example} ({lms.name}){found}.")
        times = _times(lms, people, zone, result)
        for number in sorted(files, key=owners.student):
            student = owners.student(number)
            arranged = arrange(files[number], notebooks)
            try:
                _collect_student(course, archive, student, arranged, times.get(number, ""), result)
            except OSError as error:  # perhaps of this student's own names: the others go on
                failed.append(f"{printable(student)}: not collected: {file_error(error)}")
            if any(owned.late for owned, _ in files[number]):
                result.lines.append(f"{printable(student)}: late, says {lms.name}")
    if failed and not result.students:
        raise UserError(f"{failed[0]}.")
    result.lines += failed
    return result


def _by_owner(owners: Owners, archive: Archive, result: Collected) -> dict[str, list[tuple[Owned, Entry]]]:
    """The files to collect, by the LMS's number of their owner."""
    files: dict[str, list[tuple[Owned, Entry]]] = defaultdict(list)
    for entry in archive.entries:
        try:
            owned = _owner(owners, entry)
        except ValueError as reason:
            result.lines.append(f"left out: {printable(entry.path)}: {reason}")
        else:
            files[owned.number].append((owned, entry))
    return files


def expected_notebooks(course: Course) -> list[str]:
    """The names of the notebooks of the assignment, without suffix. Raises UserError if there are none."""
    for step in ("release", "source"):
        if names := sorted(file.stem for file in course.folder(step).glob(f"*{SUFFIX}")):
            return names
    raise UserError(f"There is no assignment '{course.assignment}': {course.folder('source')}/ has no notebook.")


def _owner(owners: Owners, entry: Entry) -> Owned:
    """Raises ValueError with the reason why a file is not collected."""
    if entry.problem:
        raise ValueError(entry.problem)
    if made_by_a_tool(entry.path):
        raise ValueError("made by a program, not by the student")
    owned = owners.find(entry.path)
    if problem := student_id_problem(owners.student(owned.number)):
        raise ValueError(problem)
    return owned


def _times(lms: Lms, people: Sequence[Person], zone: str, result: Collected) -> dict[str, str]:
    """By the LMS's number, what `timestamp.txt` says. The archive's own times are those of the download."""
    times = {}
    for person in people:
        try:
            if time := lms.submitted_at(person.submitted):
                times[person.number] = f"{time} {zone}"
        except ValueError as reason:
            result.lines.append(f"{shown(person)}: {reason}; no {TIMESTAMP} is written")
    if times and not zone:
        result.lines.append(
            f"times of submission are not used: say in which time zone {lms.name} writes them, --timezone Asia/Tokyo"
        )
        return {}
    return times


def _collect_student(
    course: Course, archive: Archive, student: str, arranged: Arranged, time: str, result: Collected
) -> None:
    result.lines += [f"left out: {printable(path)}: {reason}" for path, reason in arranged.left]
    folder = course.folder("submitted", student)
    problem = (folder.is_symlink() or folder.exists()) and folder_problem(folder)
    if problem or folder.parent.is_symlink():
        where = problem or "its parent is a symbolic link"
        result.lines += [f"left out: {printable(e.path)}: {folder}: {where}" for e in arranged.wanted.values()]
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as unfinished:
        new = Path(unfinished) / "new"
        new.mkdir()
        written = _write(archive, arranged.wanted, new, result)
        if time:
            (new / TIMESTAMP).write_text(f"{time}\n")
        if written:
            result.students[student] = _put(course, student, new, folder)
            result.files += len(written)
    if not any(folder.parent.iterdir()):
        folder.parent.rmdir()
    for file, target in arranged.renamed:
        if target in written:
            result.lines.append(f"{printable(student)}: {printable(file)} → {printable(target)}")
    result.lines += [f"{printable(student)}: {printable(doubt)}" for doubt in arranged.doubts]
    if written and folder.is_dir() and result.students.get(student) == REPLACED:
        result.lines.append(
            f"{printable(student)}: replaces an earlier submission, kept in {_earlier(course, student)}/"
        )


def _write(archive: Archive, wanted: Mapping[str, Entry], folder: Path, result: Collected) -> list[str]:
    """→ the paths that were written."""
    written: list[str] = []
    left = MAX_STUDENT_BYTES
    for target, entry in wanted.items():
        notebook = target.casefold().endswith(SUFFIX)
        try:
            if len(written) >= MAX_FILES:
                raise ValueError(f"more than {MAX_FILES} files of one student")
            if not left:
                raise ValueError(f"more than {MAX_STUDENT_BYTES >> 20} MB of one student")
            content = archive.read(entry, min(left, MAX_NOTEBOOK_BYTES if notebook else MAX_FILE_BYTES))
            left -= len(content)
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        except (FileExistsError, NotADirectoryError):
            result.lines.append(f"left out: {printable(entry.path)}: its name is that of another file or folder")
        except ValueError as reason:
            result.lines.append(f"left out: {printable(entry.path)}: {reason}")
        else:
            written.append(target)
    return written


def _put(course: Course, student: str, new: Path, folder: Path) -> str:
    """Move a complete submission to its place; an earlier one with other content is kept elsewhere."""
    if not folder.exists():
        new.rename(folder)
        return NEW
    if not (new / TIMESTAMP).exists() and (folder / TIMESTAMP).is_file():
        same_files = _files(new) | {TIMESTAMP} == _files(folder)
    else:
        same_files = _files(new) == _files(folder)
    if same_files and all(filecmp.cmp(new / name, folder / name, shallow=False) for name in _files(new)):
        return UNCHANGED
    earlier = _earlier(course, student)
    earlier.mkdir(parents=True, exist_ok=True)
    free = next(n for n in range(1, 1_000_000) if not (earlier / str(n)).exists())
    shutil.move(folder, earlier / str(free))
    new.rename(folder)
    return REPLACED


def _earlier(course: Course, student: str) -> Path:
    """Where replaced submissions are kept; nbgrader's own name for what comes from an LMS is `downloaded`."""
    return course.root / "downloaded" / course.assignment / "replaced" / student


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in regular_files(folder)}
