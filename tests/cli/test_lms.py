"""A class on Moodle or Canvas: from the download to marks and feedback, each under the right number, nothing untold."""

from __future__ import annotations

import os
import shutil
import stat
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader.cli.lms import archive, collect
from grader.cli.lms.arrange import expected_name
from grader.cli.lms.moodle import Moodle
from grader.cli.main import main
from grader.nbgrader_plugin.course import Course, Member
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, autograde, hand_in, make_course
from tests.helpers.lms_class import (
    MOODLE_TITLES,
    delivered_by_canvas,
    delivered_by_moodle,
    files_of,
    give_marks,
    pack,
    read_csv,
    write_csv,
)

Run = Callable[..., list[str]]
NFC, NFD = (unicodedata.normalize(form, "ガリレオ") for form in ("NFC", "NFD"))
OWNER = "{name}_{number}_assignsubmission_file_"
# Number, full name, ID number: a name with an ideographic space, twins, ids that differ in zeros, names in two forms.
PEOPLE = {
    "1000001": ("山田　太郎", "0012345"),
    "1000002": ("佐藤 花子", "0012346"),
    "1000003": ("佐藤 花子", "12346"),
    "1000004": (NFC, "7"),
    "1000005": (NFD, "8"),
    "1000006": ("Ada Lovelace", "9"),
}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with two notebooks, released once by the real nbgrader."""
    return make_course(tmp_path_factory.mktemp("lms"), ["losses", "iris"]).root


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Course:
    """A copy of it."""
    return Course(Path(shutil.copytree(released, tmp_path / "course")), ASSIGNMENT)


@pytest.fixture
def run(course: Course, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; → the lines that it prints. A failure is one line on standard error."""

    def command(*arguments: str | Path, status: int = 0) -> list[str]:
        found = main([*map(str, arguments), "--course", str(course.root)])
        captured = capsys.readouterr()
        assert found == status, captured
        lines = captured.err.splitlines() if status else captured.out.splitlines()
        assert len(lines) == 1 or not status, lines
        return lines

    return command


def ids_from(course: Course, column: str) -> None:
    """Set the column of the LMS's table that names students here."""
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.Course.student_id_column = {column!r}\n")


def worksheet(path: Path, maximum: str = "13.00", locked: str = "") -> Path:
    """Moodle's grading worksheet of the class, in an order of its own."""
    rows = [
        [f"Participant {number}", name, sid, f"s{sid}@example.ac.jp", "Submitted for grading", "", maximum,
         "No" if number == locked else "Yes",
         "Monday, 30 November 2026, 9:05 PM" if number == "1000004" else "-", "-", "読んだ, 「良い」"]
        for number, (name, sid) in reversed(PEOPLE.items())
    ]  # fmt: skip
    return write_csv(path, [MOODLE_TITLES, *rows])


def moodle_download(path: Path) -> Path:
    """Five of the class have submitted, each in another way."""
    folder = {number: OWNER.format(name=name, number=number) for number, (name, _) in PEOPLE.items()}
    return pack(
        path,
        [
            (f"{folder['1000001']}/losses.ipynb", "1 losses"),
            (f"{folder['1000001']}/iris.ipynb", "1 iris"),
            (f"{folder['1000001']}/図　1.png", "picture"),
            (f"{folder['1000002']}/losses (1).ipynb", "2 losses"),
            (f"{folder['1000003']}/課題/losses.ipynb", "3 losses"),
            (f"{folder['1000003']}/課題/helper.py", "3 helper"),
            (f"{folder['1000004'].rstrip('_')}/iris のコピー.ipynb", "4 iris"),  # Moodle 4.1 and newer
            (f"{folder['1000004'].rstrip('_')}/losses.ipynb", "4 losses"),
            (f"{folder['1000004'].rstrip('_')}/losses (1).ipynb", "4 other losses"),
            (f"{folder['1000005']}losses.ipynb", "5 losses"),  # without folders
        ],
    )


def test_moodle_from_download_to_upload(course: Course, run: Run, tmp_path: Path) -> None:
    ids_from(course, "ID number")
    table, archive = worksheet(tmp_path / "Grades.csv", locked="1000001"), moodle_download(tmp_path / "all.zip")
    lines = run("collect", "moodle", archive, table, "--timezone", "Asia/Tokyo")
    assert files_of(course) == {
        "0012345": {"losses.ipynb": b"1 losses", "iris.ipynb": b"1 iris", "図　1.png": b"picture"},
        "0012346": {"losses.ipynb": b"2 losses"},
        "12346": {"losses.ipynb": b"3 losses", "helper.py": b"3 helper"},
        "7": {
            "iris.ipynb": b"4 iris",
            "losses.ipynb": b"4 losses",
            "losses (1).ipynb": b"4 other losses",
            "timestamp.txt": b"2026-11-30 21:05:00 Asia/Tokyo\n",
        },
        "8": {"losses.ipynb": b"5 losses"},
    }
    assert "0012346: losses (1).ipynb → losses.ipynb" in lines
    assert [line for line in lines if line.startswith("7: losses.ipynb is graded; losses (1).ipynb may be")]
    names = {member.student: (member.last, member.first, member.number) for member in course.members()}
    assert names["0012345"] == ("山田", "太郎", "1000001")
    assert names["9"] == ("Lovelace", "Ada", "1000006")
    assert names["8"] == (NFD, "", "1000005")
    assert {student: number for student, (_, _, number) in names.items()} == {
        sid: number for number, (_, sid) in PEOPLE.items()
    }
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        shown = {student.id: f"{student.last_name}, {student.first_name}" for student in gradebook.students}
    assert shown["8"] == f"{NFD}, ", "formgrader shows no None"
    before = files_of(course)
    assert "5 unchanged" in run("collect", "moodle", archive, table, "--timezone", "Asia/Tokyo")[-2]
    assert files_of(course) == before

    marks = {"0012345": 1.0, "0012346": 2.0, "12346": 3.25, "7": 4.0, "8": 0.0}
    give_marks(course, marks, waiting=["7"])
    lines = run("return", "moodle", table)
    returned = course.root / "returned" / ASSIGNMENT / "moodle"
    rows, before_rows = read_csv(returned / "Grades.csv"), read_csv(table)
    assert {row["ID number"]: row["Grade"] for row in rows} == {
        "0012345": "", "0012346": "2", "12346": "3.25", "7": "", "8": "0", "9": ""
    }  # fmt: skip
    for row, old in zip(rows, before_rows, strict=True):
        assert {**row, "Grade": ""} == old, "nothing else changes, and no row moves"
    assert delivered_by_moodle(returned / "feedback.zip") == {
        "1000002": {"losses.html": "for 0012346"},
        "1000003": {"losses.html": "for 12346"},
        "1000005": {"losses.html": "for 8"},
    }
    assert f"cell left as it was: waits for a person (未採点): {NFC} (7)" in lines
    assert "cell left as it was: no submission: Ada Lovelace (9)" in lines
    assert "cell left as it was: Moodle does not let its grade be changed: 山田　太郎 (0012345)" in lines

    pack(archive, [(f"{OWNER.format(name=NFD, number='1000005')}/losses.ipynb", "5 again")])
    (line,) = [line for line in run("collect", "moodle", archive) if line.startswith("8: replaces")]
    assert (course.root / "downloaded" / ASSIGNMENT / "replaced/8/1/losses.ipynb").read_text() == "5 losses", line
    lines = run("return", "moodle", table)
    assert {row["ID number"]: row["Grade"] for row in read_csv(returned / "Grades.csv")}["8"] == ""
    assert [line for line in lines if "submitted again since it was graded" in line and line.endswith("(8)")]


def test_archive_of_a_japanese_windows(course: Course, run: Run, tmp_path: Path) -> None:
    """Names in cp932, among them one whose second byte is a backslash."""
    folder = OWNER.format(name="表 ソ子", number="12")
    files = [(f"{folder}/losses.ipynb", "x"), (f"{folder}/表.csv", "y")]
    run("collect", "moodle", pack(tmp_path / "a.zip", files, "cp932"))
    assert files_of(course) == {"12": {"losses.ipynb": b"x", "表.csv": b"y"}}


CANVAS_TITLES = [
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Section",
    "出席 (31)",
    "損失関数 (987)",
    "Final Score",
]
CANVAS = [
    CANVAS_TITLES,
    ["    Points Possible", "", "", "", "", "5", "13", "(read only)"],
    ["山田, 太郎", "101", "0012345", "taro@example.ac.jp", "A", "5", "", "9"],
    ["佐藤, 花子", "102", "0012346", "s0012346", "A", "4", "", "9"],
    ["佐藤, 花子", "103", "12346", "s12346", "B", "3", "", "9"],
    ["Eve_102, Mallory", "104", "7", "s7", "B", "2", "", "9"],
    ["Late, Lara", "105", "8", "s8", "B", "1", "3", "9"],
    ["Excused, Ed", "106", "9", "s9", "B", "", "EX", "9"],
    ["Student, Test", "107", "", "x", "B", "", "", ""],
]


def test_canvas_from_download_to_upload(course: Course, run: Run, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "grades.csv", CANVAS, bom=True)
    archive = pack(
        tmp_path / "submissions.zip",
        [
            ("山田太郎_101_501_losses-1.ipynb", "1 new losses"),
            ("山田太郎_101_500_losses.ipynb", "1 old losses"),
            ("佐藤花子_102_502_Copy of iris.ipynb", "2 iris"),
            ("佐藤花子_103_503_losses-2.ipynb", "3 losses"),
            ("eve_102mallory_104_504_losses.ipynb", "4 losses"),
            ("eve_102_104_505_iris.ipynb", "4 iris, or of user 102?"),  # nobody is called "eve" or "eve_102"
            ("latelara_LATE_105_506_losses.ipynb", "5 losses"),
            ("latelara_LATE_105_507_102_503_iris.ipynb", "5 iris"),  # its own name: 102_503_iris.ipynb
            ("excuseded_106_text.html", "typed"),
            ("anon_x1y2z_508_losses.ipynb", "whose?"),
            ("stranger_999_509_losses.ipynb", "not in the course"),
        ],
    )
    lines = run("collect", "canvas", archive, table)
    assert files_of(course) == {
        "101": {"losses.ipynb": b"1 new losses"},
        "102": {"iris.ipynb": b"2 iris"},
        "103": {"losses.ipynb": b"3 losses"},
        "104": {"losses.ipynb": b"4 losses"},
        "105": {"losses.ipynb": b"5 losses", "102_503_iris.ipynb": b"5 iris"},
    }
    assert "105: late, says Canvas" in lines
    left = {line.split(": ", 2)[1]: line.split(": ", 2)[2] for line in lines if line.startswith("left out")}
    assert left.keys() == {
        "山田太郎_101_500_losses.ipynb", "eve_102_104_505_iris.ipynb", "excuseded_106_text.html",
        "anon_x1y2z_508_losses.ipynb", "stranger_999_509_losses.ipynb",
    }  # fmt: skip
    assert left["eve_102_104_505_iris.ipynb"] == "it may belong to eve (102) or eve_102 (104)"
    taro = Member("101", "101", "太郎", "山田", "taro@example.ac.jp")
    assert taro in course.members()
    assert [m.student for m in course.members()] == ["101", "102", "103", "104", "105", "106"], "no test student"

    give_marks(course, {"101": 1.0, "102": 2.0, "103": 3.0, "104": 4.0, "105": 5.0}, waiting=["105"])
    (line,) = run("return", "canvas", table, archive, status=1)
    assert "several assignments (出席 (31), 損失関数 (987))" in line
    lines = run("return", "canvas", table, archive, "--column", "損失関数")
    returned = course.root / "returned" / ASSIGNMENT / "canvas"
    rows = read_csv(returned / "grades.csv")
    assert list(rows[0]) == [*CANVAS_TITLES[:5], "損失関数 (987)"], "an import changes no other assignment"
    assert [row["損失関数 (987)"] for row in rows] == ["13", "1", "2", "3", "4", "3", "EX", ""]
    attachments = {"101": ["500", "501"], "102": ["502"], "103": ["503"], "104": ["504"]}
    assert delivered_by_canvas(returned / "feedback.zip", attachments) == {
        user: [f"for {user}"] for user in ("101", "102", "103", "104")
    }
    assert "cell left as it was: waits for a person (未採点): Late, Lara (105)" in lines
    assert "cell left as it was: excused in Canvas: Excused, Ed (106)" in lines


def test_a_page_that_shows_another_mark_is_written_again(course: Course, run: Run, tmp_path: Path) -> None:
    run("collect", "moodle", moodle_download(tmp_path / "all.zip"))
    give_marks(course, {"1000001": 1.0, "1000002": 2.0})
    page = course.folder("feedback", "1000001") / "losses.html"
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        for student in ("1000001", "1000002"):
            gradebook.find_submission(ASSIGNMENT, student).notebooks[0].grades[0].manual_score = 1.5
        gradebook.db.commit()
    os.utime(course.root / "gradebook.db", (1, 1))  # as a backup that was put back
    shutil.copy(course.folder("release") / "losses.ipynb", course.folder("autograded", "1000001"))
    table = worksheet(tmp_path / "grades.csv")
    lines = run("return", "moodle", table)
    delivered = delivered_by_moodle(course.root / "returned" / ASSIGNMENT / "moodle/feedback.zip")
    assert delivered == {"1000001": {"losses.html": page.read_text()}}
    assert "<html" in page.read_text()
    assert [line for line in lines if line.startswith("佐藤 花子 (1000002): no feedback written: ")]
    before = page.stat().st_mtime_ns
    run("return", "moodle", table)
    assert page.stat().st_mtime_ns == before, "once is enough"


def test_a_mark_is_returned_for_the_content_that_was_graded(course: Course, run: Run, tmp_path: Path) -> None:
    """Whatever the times say: `cp -p`, rsync and unzip keep old ones, a copy without them makes new ones."""
    for student in ("1000001", "1000002"):
        hand_in(course, student, LOSSES, notebooks=["losses"])
        assert autograde(course, student) == ""
    replaced, touched = (course.folder("submitted", s) / "losses.ipynb" for s in ("1000001", "1000002"))
    shutil.copy(course.folder("release") / "losses.ipynb", replaced)
    os.utime(replaced, (1, 1))
    os.utime(touched)
    table = worksheet(tmp_path / "grades.csv")

    def returned() -> tuple[list[str], dict[str, str]]:
        lines = run("return", "moodle", table)
        rows = read_csv(course.root / "returned" / ASSIGNMENT / "moodle/grades.csv")
        return lines, {row["Identifier"][-7:]: row["Grade"] for row in rows if row["Grade"]}

    lines, marks = returned()
    assert marks == {"1000002": "7"}
    assert [line for line in lines if "submitted again since it was graded" in line and line.endswith("(1000001)")]
    shutil.rmtree(course.root / "build" / "graded")
    lines, marks = returned()
    assert marks == {}
    assert [line for line in lines if "graded by an earlier version" in line]
    assert autograde(course, "1000001") == autograde(course, "1000002") == ""
    assert returned()[1] == {"1000001": "0", "1000002": "7"}


def test_maximum_of_the_lms(course: Course, run: Run, tmp_path: Path) -> None:
    run("collect", "moodle", moodle_download(tmp_path / "all.zip"))
    give_marks(course, {"1000001": 6.5})
    table = worksheet(tmp_path / "grades.csv", maximum="100.00")
    (line,) = run("return", "moodle", table, status=1)
    assert "maximum of 100 points, this assignment 13" in line
    assert not (course.root / "returned").exists(), "nothing half-written"
    run("return", "moodle", table, "--scale")
    rows = read_csv(course.root / "returned" / ASSIGNMENT / "moodle/grades.csv")
    assert {row["Grade"] for row in rows if row["Identifier"] == "Participant 1000001"} == {"50"}


def test_a_worksheet_in_japanese_that_a_spreadsheet_has_saved(course: Course, run: Run, tmp_path: Path) -> None:
    """In cp932, with semicolons; the second participant's grade is locked."""
    rows = (
        "ID;フルネーム;ステータス;評点;最大評点;評点変更可;最終更新日時 (提出)",
        "参加者1000001;山田　太郎;評定のために提出済み;10.00;13.00;はい;2026年 11月 30日(月曜日) 21:05",
        "参加者1000002;佐藤 花子;評定のために提出済み;;13.00;いいえ;-",
    )
    table = tmp_path / "評定.csv"
    table.write_bytes("\r\n".join(rows).encode("cp932"))
    run("collect", "moodle", moodle_download(tmp_path / "all.zip"), table, "--timezone", "Asia/Tokyo")
    assert files_of(course)["1000001"]["timestamp.txt"] == b"2026-11-30 21:05:00 Asia/Tokyo\n"
    assert files_of(course).keys() == {"1000001", "1000002"}, "the others are not in the roster"
    give_marks(course, {"1000001": 12.5, "1000002": 2.0})
    lines = run("return", "moodle", table)
    assert "山田　太郎 (1000001): 10.00 in Moodle becomes 12.5" in lines
    returned = (course.root / "returned" / ASSIGNMENT / "moodle/評定.csv").read_text(encoding="utf-8")
    assert returned.splitlines() == [rows[0], rows[1].replace("10.00", "12.5"), rows[2]]


@pytest.mark.parametrize(
    ("column", "change", "both"),
    [
        ("Full name", {}, ("1000002", "1000003")),
        ("ID number", {"1000005": ("別", "0012345")}, ("山田", "別")),
        ("Full name", {"1000002": ("x", "1"), "1000003": ("y", "2")}, (NFC, NFD)),
        ("", {"1000001 ": ("同じ番号", "10")}, ("山田", "同じ番号")),
    ],
    ids=["twins", "same id", "same name in two forms", "same number"],
)
def test_people_who_could_be_taken_for_each_other_are_an_error(
    course: Course, run: Run, tmp_path: Path, column: str, change: dict[str, tuple[str, str]], both: tuple[str, str]
) -> None:
    ids_from(course, column)
    rows = [[f"Participant {n}", name, sid] for n, (name, sid) in {**PEOPLE, **change}.items()]
    table = write_csv(tmp_path / "people.csv", [["Identifier", "Full name", "ID number"], *rows])
    (line,) = run("roster", "moodle", table, status=1)
    assert all(text in line for text in both)
    assert course.members() == [], "nothing is written"


def test_a_number_never_changes_hands(course: Course, run: Run, tmp_path: Path) -> None:
    """A table that a spreadsheet has rid of its leading zeros, or of another course."""
    ids_from(course, "ID number")
    titles = ["Identifier", "Full name", "ID number"]
    run("roster", "moodle", write_csv(tmp_path / "a.csv", [titles, ["Participant 5", "山田 太郎", "0012345"]]))
    members = course.members()
    for row in (["Participant 5", "山田 太郎", "12345"], ["Participant 6", "佐藤 花子", "0012345"]):
        (line,) = run("roster", "moodle", write_csv(tmp_path / "b.csv", [titles, row]), status=1)
        assert "山田" in line
        assert row[1].split()[0] in line
        assert course.members() == members
    # the next assignment has other numbers for the same people
    run("roster", "moodle", write_csv(tmp_path / "c.csv", [titles, ["Participant 77", "山田 太郎", "0012345"]]))
    assert [member.number for member in course.members()] == ["77"]


def test_a_number_that_is_somebodys_id_gets_nobodys_marks(course: Course, run: Run, tmp_path: Path) -> None:
    """Ids and the LMS's numbers are two kinds of numbers: a person who joined later has the number 12."""
    ids_from(course, "ID number")
    known, late = ["Participant 11", "Honest H", "12"], ["Participant 12", "Late L", "99"]
    titles = ["Identifier", "Full name", "ID number", "Grade", "Maximum grade", "Grade can be changed"]
    known, late = ([*person, "", "13.00", "Yes"] for person in (known, late))
    run("roster", "moodle", write_csv(tmp_path / "people.csv", [titles, known]))
    hand_in(course, "12", LOSSES)
    main(["grade", "--course", str(course.root)])
    table = write_csv(tmp_path / "marks.csv", [titles, known, late])
    lines = run("return", "moodle", table)
    assert any("not in the gradebook" in line and "Late" in line for line in lines)
    (written,) = (course.root / "returned").rglob("marks.csv")
    marks = {line["Full name"]: line["Grade"] for line in read_csv(written)}
    assert marks == {"Honest H": "7", "Late L": ""}


def test_one_student_does_not_use_up_the_room_of_all(
    course: Course, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "MAX_STUDENT_BYTES", 100)
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 150)
    own, other = OWNER.format(name="Eve", number="5"), OWNER.format(name="Bob", number="6")
    large = [(f"{own}/{number}.ipynb", "x" * 50) for number in range(9)]
    lines = run("collect", "moodle", pack(tmp_path / "m.zip", [*large, (f"{other}/losses.ipynb", "honest")]))
    assert (course.folder("submitted", "6") / "losses.ipynb").read_text() == "honest"
    assert sum("of one student" in line for line in lines) == 7


def test_a_list_of_participants_gives_first_and_last_names(course: Course, run: Run, tmp_path: Path) -> None:
    """It has no numbers: addresses tell who is who, and twice the same address nobody."""
    titles = ["First name", "Last name", "Email address", "Groups"]
    row = ["太郎", "山　田", "S0012345@example.ac.jp", ""]
    table = write_csv(tmp_path / "participants.csv", [titles, row, ["Guest", "A", "guest@example.org", ""]])
    assert "import the grading worksheet first" in run("roster", "moodle", table, status=1)[0]
    run("roster", "moodle", worksheet(tmp_path / "grades.csv"))
    assert run("roster", "moodle", table) == ["in the gradebook: 1 students of participants.csv, 1 with an address"]
    assert Member("1000001", "1000001", "太郎", "山　田", "s0012345@example.ac.jp") in course.members()
    write_csv(table, [titles, row, ["花子", "佐藤", "s0012345@EXAMPLE.ac.jp", ""]])
    (line,) = run("roster", "moodle", table, status=1)
    assert all(name in line for name in ("太郎", "花子"))


def test_a_hostile_archive(course: Course, run: Run, tmp_path: Path) -> None:
    """What leaves its folder, is a link or too large is named once and not written; no file changes hands."""
    own, other = OWNER.format(name="Eve", number="6"), OWNER.format(name="Bob", number="5")
    link = zipfile.ZipInfo(f"{own}/link.ipynb")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    fifo = zipfile.ZipInfo(f"{own}/pipe")
    fifo.create_system, fifo.external_attr = 3, (stat.S_IFIFO | 0o777) << 16
    hostile: list[tuple[str | zipfile.ZipInfo, str | bytes]] = [
        (f"{own}/../../../escaped.ipynb", "x"),
        (f"../{own}/escaped.ipynb", "x"),
        (f"/{own}/absolute.ipynb", "x"),
        (f"C:/{own}/drive.ipynb", "x"),
        (f"{own}/..\\..\\back.ipynb", "x"),
        (link, "/etc/passwd"),
        (fifo, ""),
        (f"{own}/bomb.ipynb", bytes(40 << 20)),
        (f"{own}/large.bin", bytes(range(256)) * (11 << 12)),
        (f"{own}/timestamp.txt", "2000-01-01 00:00:00 UTC"),
        (f"{own}/red\x1b[31m.ipynb", "x"),
        (f"{own}/losses.ipynb/inside.txt", "x"),
        (f"{own}/losses.ipynb", "second"),
        (f"__MACOSX/{own}/._losses.ipynb", "x"),
        (f"{own}/{'n' * 300}.ipynb", "x"),
        ("no_owner.ipynb", "x"),
    ]
    good: list[tuple[str | zipfile.ZipInfo, str | bytes]] = [
        (f"{own}/losses.ipynb", "first"),
        (f"{own}/{other}losses.txt", "claims to be Bob's"),
        (f"{own}{other}iris.ipynb", "claims to be Bob's"),
    ]
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = pack(tmp_path / "hostile.zip", [*good, *hostile])
    lines = run("collect", "moodle", archive)
    assert files_of(course) == {
        "6": {
            "losses.ipynb": b"first",
            f"{other}losses.txt": b"claims to be Bob's",
            f"{other}iris.ipynb": b"claims to be Bob's",
        }
    }
    left = [line for line in lines if line.startswith("left out: ")]
    assert len(left) == len(hostile), "\n".join(lines)
    reasons = [line.rpartition(": ")[2] for line in left]
    assert reasons.count("an absolute path") == reasons.count("a path that leaves its folder") == 2
    assert {"a link", "not a file", "it unpacks to more than 200 times its size", "it is larger than 10 MB"} < {
        *reasons
    }
    assert not [line for line in lines if "\x1b" in line]
    assert not list(tmp_path.rglob("escaped*")), "nothing outside"
    assert not [path for path in course.root.rglob("*") if path.is_symlink()]

    damaged = bytearray((tmp_path / "hostile.zip").read_bytes())
    damaged[damaged.index(b"first") - 1 if b"first" in damaged else 80] ^= 0xFF
    damaged_path = tmp_path / "damaged.zip"
    damaged_path.write_bytes(damaged[: len(damaged) // 2])
    assert "is not a zip file" in run("collect", "moodle", damaged_path, status=1)[0]
    for name, content in (("empty.zip", b""), ("text.zip", b"no zip file")):
        (tmp_path / name).write_bytes(content)
        assert "is not a zip file" in run("collect", "moodle", tmp_path / name, status=1)[0]
    assert "Canvas" in run("collect", "canvas", archive, status=1)[0], "the other LMS's download"


def test_one_students_names_cost_nobody_else_a_submission(
    course: Course, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder called timestamp.txt; a submission that cannot be written for another reason."""
    owners = {number: OWNER.format(name="x", number=number) for number in ("1000001", "1000002", "1000004")}
    files = [(f"{owner}/losses.ipynb", number) for number, owner in owners.items()]
    files += [(f"{owners['1000004']}/課題/Timestamp.TXT/x.txt", "x"), (f"{owners['1000004']}/課題/a.txt", "a")]
    original = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if "1000001" in str(target):
            raise OSError(36, "File name too long", str(target))
        return original(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    table = worksheet(tmp_path / "grades.csv")
    lines = run("collect", "moodle", pack(tmp_path / "a.zip", files), table, "--timezone", "Asia/Tokyo")
    assert files_of(course) == {
        "1000002": {"losses.ipynb": b"1000002"},
        "1000004": {
            "losses.ipynb": b"1000004",
            "課題/a.txt": b"a",
            "timestamp.txt": b"2026-11-30 21:05:00 Asia/Tokyo\n",
        },
    }
    assert [line for line in lines if line.startswith("left out: ") and "Timestamp.TXT/x.txt: the time of" in line]
    (line,) = [line for line in lines if line.startswith("1000001: not collected: ")]
    assert line.endswith(": File name too long")


def test_a_page_that_cannot_be_packed_costs_nobody_else_marks_or_feedback(
    course: Course, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("collect", "moodle", moodle_download(tmp_path / "all.zip"))
    give_marks(course, {"1000001": 1.0, "1000002": 2.0, "1000003": 3.0})
    (course.folder("feedback", "1000001") / "losses.html").write_bytes(bytes(2000))
    monkeypatch.setattr("grader.cli.lms.return_marks.MAX_PAGE_BYTES", 1000)
    (course.folder("feedback", "1000002") / "iris.html").mkdir()
    lines = run("return", "moodle", worksheet(tmp_path / "grades.csv"))
    returned = course.root / "returned" / ASSIGNMENT / "moodle"
    assert delivered_by_moodle(returned / "feedback.zip").keys() == {"1000002", "1000003"}
    assert {row["Identifier"][12:]: row["Grade"] for row in read_csv(returned / "grades.csv")} == {
        "1000001": "1", "1000002": "2", "1000003": "3", "1000004": "", "1000005": "", "1000006": ""
    }  # fmt: skip
    assert [line for line in lines if line.startswith("山田　太郎 (1000001): losses.html is not in feedback.zip")]
    assert lines[-2].startswith("2 pages of feedback")


def test_a_list_that_is_too_long_is_refused_before_it_is_read(
    course: Course, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack(tmp_path / "long.zip", [(f"{n:05}{'n' * 200}", "") for n in range(100)])
    monkeypatch.setattr("grader.cli.lms.archive.MAX_LIST_BYTES", 20_000)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert "lists too many files" in run("collect", "moodle", archive, status=1)[0]


def test_work_that_nobody_can_name_is_not_graded_as_something_else(course: Course, run: Run, tmp_path: Path) -> None:
    """Two copies without an original: neither gets the expected name, and no mark is returned for them."""
    folder = OWNER.format(name="x", number="1000001")
    files = [(f"{folder}/losses ({n}).ipynb", f"copy {n}") for n in (1, 2)]
    lines = run("collect", "moodle", pack(tmp_path / "a.zip", files))
    assert files_of(course)["1000001"].keys() == {"losses (1).ipynb", "losses (2).ipynb"}
    assert [line for line in lines if line.startswith("1000001: which of losses (1).ipynb, losses (2).ipynb is")]
    lines = run("return", "moodle", worksheet(tmp_path / "grades.csv"))
    assert [line for line in lines if "submitted, but not graded" in line and "山田　太郎 (1000001)" in line]


def test_a_course_that_cannot_be_written_is_one_line(course: Course, run: Run, tmp_path: Path) -> None:
    course.folder("submitted", "12").parent.parent.write_text("a file where a folder belongs")
    archive = pack(tmp_path / "a.zip", [(f"{OWNER.format(name='x', number='12')}/losses.ipynb", "x")])
    assert "submitted" in run("collect", "moodle", archive, status=1)[0]


def test_a_link_in_the_course_is_not_followed(course: Course, run: Run, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = course.folder("submitted", "12")
    folder.parent.mkdir(parents=True)
    folder.symlink_to(elsewhere)
    archive = pack(tmp_path / "a.zip", [(f"{OWNER.format(name='x', number='12')}/losses.ipynb", "x")])
    assert "symbolic link" in run("collect", "moodle", archive)[0]
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "name"),
    {
        "losses.ipynb": "losses",
        "Losses.IPYNB": "losses",
        "ｌｏｓｓｅｓ（１）.ipynb": "losses",
        "losses-12.ipynb": "losses",
        "losses-Copy1.ipynb": "losses",
        "losses.ipynb.json": "losses",
        "「losses.ipynb」のコピー": "losses",
        "iris のコピー.ipynb": "iris",
        "iris - コピー (2).ipynb": "iris",
        "Copy of iris.ipynb": "iris",
        "iris.py": "",
        "my losses.ipynb": "",
        "losses_final.ipynb": "",
        "losses-1.ipynb.zip": "",
    }.items(),
)
def test_names_of_copies(file: str, name: str) -> None:
    assert expected_name(file, ["losses", "iris"]) == name


@pytest.mark.parametrize(
    ("text", "time"),
    {
        "Monday, 30 November 2026, 9:05 PM": "2026-11-30 21:05:00",
        "Monday, November 30, 2026, 12:05 AM": "2026-11-30 00:05:00",
        "2026年 11月 30日(月曜日) 21:05": "2026-11-30 21:05:00",
        "-": "",
    }.items(),
)
def test_times_of_a_worksheet(text: str, time: str) -> None:
    assert Moodle().submitted_at(text) == time


@pytest.mark.parametrize("text", ["lundi 30 novembre 2026, 21:05", "31 Foo 2026, 9:05 PM", "30 February 2026, 9:05 PM"])
def test_other_times_are_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        Moodle().submitted_at(text)


def test_tables_that_are_none(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    for content, message in (
        (b"", "no table"),
        (b"Identifier,Full name\nParticipant 1\n", "line 2: 1 cells, but 2 titles"),
        (b"Identifier,Full name\nParticipant,x\n", "line 2: 'Participant' is no participant"),
        (b"Name,Mark\na,b\n", "no column 'Identifier'"),
        (b"\x81", "not text in UTF-8"),
    ):
        table.write_bytes(content)
        assert message in run("roster", "moodle", table, status=1)[0]
    assert "cannot be read" in run("roster", "canvas", tmp_path / "missing.csv", status=1)[0]
