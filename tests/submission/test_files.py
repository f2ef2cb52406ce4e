"""Malformed submissions: each costs its own points, with the reason, and nothing else; only safe files are copied."""

from __future__ import annotations

import csv
import os
import shutil
import unicodedata
from io import StringIO
from pathlib import Path
from typing import Literal

import nbformat
import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from grader import wire
from grader.cli.grade_class import grade_class
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row, write_csv
from grader.nbgrader_plugin.timestamps import SubmissionTime, read_time
from grader.sandbox.runtime.messages import WriteFiles
from grader.submission import files
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, RIGHT, autograde, command, hand_in, make_course
from tests.helpers.malformed_class import (
    ACTIVE_FILES,
    GRADED,
    REFUSED,
    SECRET,
    UNREADABLE,
    UNTIMED,
    hand_in_malformed,
    write_beyond_longest_path,
)

NO_POINTS = {"softmax_checks": None, "cross_entropy_checks": None}
FULL_MARKS = {"softmax_checks": 3.0, "cross_entropy_checks": 4.0}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class of malformed submissions, not graded yet."""
    course = make_course(tmp_path_factory.mktemp("malformed"), ["losses"])
    hand_in_malformed(course)
    return course


def assert_graded(table: list[Row], log: str) -> None:
    """Assert the scores and remarks of all students, and that the log has one line for each problem."""
    rows = {row.student: row for row in table}
    assert {student: rows[student].scores for student in GRADED} == dict.fromkeys(GRADED, FULL_MARKS)
    for student, reason in UNREADABLE.items():
        row = rows[student]
        assert (row.scores, row.ungraded) == (NO_POINTS, 2), f"{student}: a person has to look"
        assert reason in row.remarks[0]
        (line,) = [line for line in log.splitlines() if f" {student}: " in f" {line}" and "person should look" in line]
        assert reason in line
    for student in UNTIMED:
        assert rows[student].penalty is None
        (line,) = [line for line in log.splitlines() if f" {student}: " in f" {line}" and "person should look" in line]
        assert "timestamp.txt" in line
    for student, reason in REFUSED.items():
        name = files.printable(student)
        (line,) = [line for line in log.splitlines() if name in line and "not graded" in line.lower()]
        assert reason in line
        if files.is_student_name(student):
            assert rows[student].ungraded == 2, "listed, so that a person looks"
    assert not {"new\nline", "<b>bold", "al*"} & set(rows), "formgrader would insert these names unescaped"


def assert_nothing_leaked(course: Course) -> None:
    """Assert that no link was followed to another student's or this machine's files, and no active file was copied."""
    for kind in ("autograded", "feedback"):
        found = [path for path in (course.root / kind).rglob("*") if not path.is_dir()]
        assert not [path for path in found if path.is_symlink() or path.suffix == ".svg"]
        assert not [path for path in found if "alice" not in path.parts and SECRET in path.read_text(errors="replace")]
    beside = {path.name for path in course.folder("autograded", "beside").iterdir()}
    assert {"plot.png", "timestamp.txt", "sparse0.bin", "sparse1.bin"} <= beside
    assert not beside & {"link.txt", "root", "pipe.csv", "sparse2.bin", "long" * 60, *ACTIVE_FILES}


def test_make_grade(course: Course) -> None:
    log = StringIO()
    assert_graded(grade_class(course, Console(file=log, width=300)), log.getvalue())
    assert_nothing_leaked(course)
    feedback = (course.folder("feedback", "corrupt") / "losses.html").read_text()
    assert "ノートブックとして読めません" in feedback
    with (course.root / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {row["student_id"]: row for row in csv.DictReader(file)}
    for student in REFUSED:
        row = listed[files.printable(student)]
        assert (row["softmax_checks"], row["cross_entropy_checks"], row["score"]) == ("未採点", "未採点", "0"), student
        assert row["ungraded"] == "2", "who is refused is listed"


def test_nbgrader_autograde(course: Course, tmp_path: Path) -> None:
    other = make_course(tmp_path / "course", ["losses"])
    hand_in_malformed(other)
    done = command("nbgrader", "autograde", ASSIGNMENT, cwd=other.root)
    assert done.returncode == 0, done.stderr
    assert_graded(other.grades(), done.stderr)
    left_out = [line for line in done.stderr.splitlines() if "Left out" in line]
    for name in ("sparse2.bin", "long/a.txt", *ACTIVE_FILES):
        assert any(f"{name}: " in line for line in left_out), f"{name} is named in the log"
    assert command("nbgrader", "generate_feedback", ASSIGNMENT, cwd=other.root).returncode == 0
    assert_nothing_leaked(other)


def test_repairs_are_noted_in_the_first_cell(course: Course) -> None:
    for student, note in {"stripped": "情報がなくなっていた", "renamed_cells": "名前", "retyped": "種類"}.items():
        path = course.folder("autograded", student) / "losses.ipynb"
        if not path.exists():
            assert autograde(course, student) == ""
        first = nbformat.read(path, as_version=4).cells[0]
        assert first.id == "grader-notes"
        assert note in first.source
        assert "softmax" in first.source


def test_a_misnamed_notebook_among_right_ones_is_flagged(tmp_path: Path) -> None:
    """nbgrader alone silently gives it 0 points. Once the file has the right name, the flag is gone."""
    course = make_course(tmp_path, ["losses", "iris"])
    folder = hand_in(course, "alice", RIGHT)
    (folder / "iris.ipynb").rename(folder / "iris (1).ipynb")
    hand_in(course, "bob", RIGHT, notebooks=["losses"])
    log = StringIO()
    rows = {row.student: row for row in grade_class(course, Console(file=log, width=200))}
    assert (rows["alice"].scores["iris_hookup_checks"], rows["alice"].ungraded) == (None, 2)
    assert (rows["bob"].scores["iris_hookup_checks"], rows["bob"].ungraded) == (0.0, 0)
    assert "alice: a person should look: iris: iris.ipynb がありません。提出されたのは iris (1).ipynb" in log.getvalue()
    (folder / "iris (1).ipynb").rename(folder / "iris.ipynb")
    rows = {row.student: row for row in grade_class(course, Console(file=StringIO()))}
    assert (rows["alice"].scores["iris_hookup_checks"], rows["alice"].ungraded, rows["alice"].remarks) == (4.0, 0, ())


def test_formgrader_sees_the_flag_and_the_reason(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"])
    (hand_in(course, "alice", LOSSES) / "losses.ipynb").write_text("{")
    assert autograde(course, "alice") == ""
    with Gradebook(course.directory.db_url) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "alice")
        assert submission.needs_manual_grade
        assert submission.score == 0
        comment = gradebook.find_comment("softmax", "losses", ASSIGNMENT, "alice")
        assert "JSON" in comment.comment
        grade = gradebook.find_grade("softmax_checks", "losses", ASSIGNMENT, "alice")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        gradebook.db.commit()
    (row,) = course.grades()
    assert (row.scores["softmax_checks"], row.ungraded) == (2.0, 1)
    shutil.copy(course.folder("release") / "losses.ipynb", course.folder("submitted", "alice"))
    assert autograde(course, "alice") == ""
    assert course.grades()[0].remarks == ()


NAMES = {  # accepted as students' names and as names of other files
    "space": "山田 太郎", "ideographic space": "山田\u3000太郎", "no-break space": "佐藤\u00a0花子",
    "thin space": "a\u2009b", "narrow no-break space": "a\u202fb", "composed": "\u30ac",
    "decomposed": "カ\u3099", "emoji": "😀", "joined emoji": "👩\u200d💻", "tags": "🏴\U000e0067\U000e007f",
    "combining": "e\u0301\u0323", "variation selector": "葛\U000e0100城", "soft hyphen": "co\u00adop",
    "zero width space": "a\u200bb", "byte order mark": "\ufeffa", "right-to-left mark": "a\u200f",
    "arabic": "\u0645\u062d\u0645\u062f", "private use": "\ue000", "unassigned": "\U0003ffff", "quote": "O'Brien",
    "formula": "=1+2", "percent": "100%", "hash": "#3", "braces": "{x}", "parentheses": "学生 (1)", "ampersand": "a&b",
    "comma": "姓,名", "colon": "x:y", "dash": "-rf", "full width": "ｆｕｌｌ＊？", "bracket": "a]", "dots": "a..b",
}  # fmt: skip
MISLEADING = {
    "line end": "a\nb", "return": "a\rb", "tab": "a\tb", "escape": "\x1b[31ma", "delete": "a\x7f",
    "next line": "a\x85b", "string terminator": "a\x9c", "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b", "right-to-left override": "a\u202egnp.exe",
    "left-to-right override": "\u202da", "embedding": "\u202ba", "pop": "a\u202c", "isolates": "\u2066a\u2069",
    "first strong isolate": "\u2068a", "not UTF-8": "\udce9", "surrogate": "\ud800",
}  # fmt: skip
INTERPRETED = {
    "star": "al*", "question mark": "a?", "set": "[a]", "tag": "<b>bold", "closing": "a>", "double quote": 'a"',
    "backslash": "a\\b",
}  # fmt: skip


@pytest.mark.parametrize("case", NAMES)
def test_a_name_that_is_merely_unusual_is_accepted(case: str, tmp_path: Path) -> None:
    name = NAMES[case]
    assert files.is_student_name(name)
    assert files.printable(name) == name
    (tmp_path / name).write_text("x")
    assert (name, b"x") in files.read_extra_files(tmp_path)


@pytest.mark.parametrize("case", MISLEADING | INTERPRETED)
def test_a_dangerous_name_is_refused_with_the_character_and_the_reason(case: str) -> None:
    name = (MISLEADING | INTERPRETED)[case]
    problem = files.student_name_problem(name)
    number = problem.split(",")[0].removeprefix("it contains U+")
    assert chr(int(number, 16)) in name
    assert problem.isascii()
    assert problem.isprintable()
    assert (files.printable(name) == name) == (case in INTERPRETED)


@pytest.mark.parametrize("name", ["", ".", "..dots", ".a", " ", "\u3000", " a", "a ", "山田\u3000", "a\u00a0"])
def test_a_name_that_nbgrader_would_not_find_again_is_refused(name: str) -> None:
    assert files.student_name_problem(name).startswith("it ")


def test_a_folder_named_like_a_file_of_the_feedback_does_not_prevent_it(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"])
    folder = hand_in(course, "alice", LOSSES)
    for name in ("losses.html", "losses.HTML", "submission_secret.txt", "timestamp.txt", "notes"):
        (folder / name).mkdir()
        (folder / name / "x.txt").write_text("x")
    assert autograde(course, "alice") == ""
    assert course.write_feedback("alice") == ""
    feedback = course.folder("feedback", "alice")
    assert all((feedback / name).is_file() for name in ("losses.html", "submission_secret.txt"))
    assert (course.folder("autograded", "alice") / "notes" / "x.txt").is_file()


def test_who_is_refused_by_name_has_a_row_without_points_and_with_the_reason(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"])
    reasons = {name: files.student_name_problem(name) for name in ["al*", "new\nline", "x\u202ey"]}
    listed = course.refused({**reasons, "accepted": "another problem; the gradebook has the row"})
    assert [row.student for row in listed] == ["al*", r"'new\nline'", r"'x\u202ey'"]
    assert all(row.scores == dict.fromkeys(NO_POINTS) and row.ungraded == 2 for row in listed)
    assert [row.remarks for row in listed] == [(reasons[name],) for name in sorted(reasons)]


@pytest.mark.parametrize(
    ("student", "quoted"),
    [("=1+2", True), ("＝cmd|' /C calc'!A0", True), ("＋1", True), ("－1", True), ("＠SUM(1)", True),
     ("\u3000=1", True), (" ﹢1", True), ("\ufeff=1", True), ("\u200b＝1", True), ("-rf", True),
     ("山田=太郎", False), ("ー", False), ("—", False), ("'=1", False)],
)  # fmt: skip
def test_a_name_that_a_spreadsheet_takes_for_a_formula_is_quoted(student: str, quoted: bool, tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    write_csv(path, [Row("a", student, {}, 0.0, 0.0, 0.0, True, remarks=(student,))])
    with path.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    expected = f"'{student}" if quoted else student
    assert (row["student_id"], row["remarks"]) == (expected, expected)


@pytest.mark.parametrize("case", [case for case in MISLEADING if case != "surrogate"])
def test_a_file_of_a_misleading_name_is_left_out(case: str, tmp_path: Path) -> None:
    (tmp_path / MISLEADING[case]).write_text("x")
    assert files.read_extra_files(tmp_path) == ()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_file_is_found_by_both_normal_forms_of_its_name(form: Literal["NFC", "NFD"], tmp_path: Path) -> None:
    """A Mac stores "データ" decomposed; the notebook opens it composed, or the other way round."""
    name = "データ/é\u3000ガ.py"
    path = tmp_path / unicodedata.normalize(form, name)
    path.parent.mkdir()
    path.write_text("x")
    found = dict(files.read_extra_files(tmp_path))
    assert found == {unicodedata.normalize(other, name): b"x" for other in ("NFC", "NFD")}


def test_files_that_nbgrader_has_put_there_do_not_reach_the_students_process(tmp_path: Path) -> None:
    """With them no submission of the exchange could share the cells that run before the fork."""
    for name in ("timestamp.txt", "submission_secret.txt", "data.csv"):
        (tmp_path / name).write_text("x")
    assert files.read_extra_files(tmp_path) == (("data.csv", b"x"),)


def test_both_forms_of_a_name_are_sent_with_one_content(tmp_path: Path) -> None:
    """Four files of 9 MB are allowed; eight would not fit into a message."""
    for number in range(4):
        (tmp_path / f"データ{number}.csv").write_bytes(bytes(9 << 20))
    found = files.read_extra_files(tmp_path)
    assert len(found) == 8
    encoded = wire.encode(WriteFiles(found).to_wire())
    assert WriteFiles.from_wire(wire.decode(encoded)).files == list(found)


def test_a_digest_reads_a_bounded_number_of_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what comes after, size and time count: sparse files of terabytes cost a student nothing."""
    monkeypatch.setattr(files, "MAX_HASHED_TOTAL", 10)
    for name in ("a", "b"):
        (tmp_path / name).write_text("12345678")
    before = files.digest_files([tmp_path])
    os.utime(tmp_path / "a", (0, 0))
    assert files.digest_files([tmp_path]) == before
    os.utime(tmp_path / "b", (0, 0))
    assert files.digest_files([tmp_path]) != before


def test_another_normal_form_never_takes_the_place_of_a_submitted_file_or_folder(tmp_path: Path) -> None:
    composed, decomposed = "ガ", unicodedata.normalize("NFD", "ガ")
    (tmp_path / composed).write_text("mine")
    (tmp_path / decomposed).mkdir()
    (tmp_path / decomposed / "a.txt").write_text("x")
    (tmp_path / f"{composed}.txt").write_text("composed")
    (tmp_path / f"{decomposed}.txt").write_text("decomposed")
    assert dict(files.read_extra_files(tmp_path)) == {
        composed: b"mine",
        f"{decomposed}/a.txt": b"x",
        f"{composed}.txt": b"composed",
        f"{decomposed}.txt": b"decomposed",
    }


@pytest.mark.parametrize(
    ("name", "runs"),
    [("a.html", True), ("a.HTM", True), ("a.xhtml", True), ("a.svg", True), ("a.xml", True), ("a.xsl", True),
     ("a.rdf", True), ("a.png", False), ("a.py", False), ("a.csv", False), ("timestamp.txt", False), ("a.docx", False),
     ("html", False), ("data:,a.html", True), ("javascript:a.html", True), ("http:a.html?.txt", True), (".html", True),
     ("a.html.gz", True), ("a.svgz", True), ("a.html%20", True), ("a.html ", True), ("a.html.", True), ("a.mht", True),
     ("a.html\u3000", True), ("a.tar.gz", False), ("2.1 images.png", False), ("a.html/x.txt", True),
     ("v1.2/x.txt", False), ("data:,a.txt", False)],
)  # fmt: skip
def test_files_that_a_browser_would_run(name: str, runs: bool) -> None:
    assert files.can_run_scripts(name) == runs


def test_number_and_size_of_files_are_bounded(tmp_path: Path) -> None:
    for number in range(files.MAX_FILES + 20):
        (tmp_path / f"{number:03}.txt").write_text("x")
    (tmp_path / "large.bin").write_bytes(b"x" * (files.MAX_FILE_BYTES + 1))
    found = files.read_extra_files(tmp_path)
    assert len(found) == files.MAX_FILES
    assert list(found) == sorted(found)


def test_total_size_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 100)
    for name, size in {"a": 60, "b": 60, "c": 40, "d": 0}.items():
        (tmp_path / name).write_bytes(b"x" * size)
    assert [name for name, _ in files.read_extra_files(tmp_path)] == ["a", "c"]


def test_a_path_too_long_to_be_opened_is_left_out(tmp_path: Path) -> None:
    before = files.digest_files([tmp_path])
    write_beyond_longest_path(tmp_path)
    assert list(files.regular_files(tmp_path)) == []
    assert files.digest_files([tmp_path]) == before
    with pytest.raises(ValueError, match="開けません"):
        files.read_file(tmp_path.joinpath(*["d" * 240] * 18, "file.txt"), 10)


def test_a_name_that_no_folder_can_have_is_no_error(tmp_path: Path) -> None:
    """Such as a student's id in an imported list: whatever is asked of the folder, the answer is that there is none."""
    folder = tmp_path / ("n" * 300)
    assert list(files.regular_files(folder)) == []
    assert files.folder_problem(folder) == "not a folder"
    assert read_time(folder) == SubmissionTime()
    files.digest_files([folder])


def test_a_path_too_long_for_the_sandbox_is_left_out(tmp_path: Path) -> None:
    """Below `submitted/` the kernel allows it; below the longer path of a sandbox's folder it does not."""
    deep = tmp_path.joinpath(*["n" * 200] * 5)
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text("x")
    (deep.parent / "b.txt").write_text("x")
    ((name, _),) = files.read_extra_files(tmp_path)
    assert name.endswith("/b.txt")
