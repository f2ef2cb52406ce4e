"""Work in a copy, under another name or in another place is named, and a person looks instead of a silent 0."""

from __future__ import annotations

import csv
import json
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from grader.cli.grade_class import grade_class
from grader.nbgrader_plugin.course import Course
from grader.submission.overlooked import MAX_FOUND, Overlooked, list_names, overlooked
from tests.helpers.course_fixture import ASSIGNMENT, IRIS, LOSSES, bank_source, command, filled, hand_in, make_course

ANSWERS = {cell: bank_source(cell, answer) for cell, answer in (LOSSES | IRIS).items()}
PLACES = {  # where the filled losses.ipynb is → whether it is named and asked about
    "losses-Copy1.ipynb": True,
    "losses (1).ipynb": True,
    "losses(1).ipynb": True,
    "losses-1.ipynb": True,
    "losses.ipynb.json": True,
    "losses.ipynb.txt": True,
    "losses.ipynb のコピー": True,
    "「losses.ipynb」のコピー": True,
    "Copy of losses.ipynb": True,
    "Losses.ipynb": True,
    "losses.IPYNB": True,
    "losses.ipynb ": True,
    "ｌｏｓｓｅｓ.ipynb": True,
    "山田 太郎_12345_assignsubmission_file_losses.ipynb": True,
    "kadai.ipynb": True,
    "loss_functions/losses.ipynb": True,
    "提出/1/losses.ipynb": True,
    "old/iris.ipynb": True,  # it has the cells of losses
    "._losses.ipynb": False,
    "__MACOSX/losses.ipynb": False,
    ".ipynb_checkpoints/losses-checkpoint.ipynb": False,
    "losses.py": False,
    "notes.txt": False,
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Tasks 1 and 2."""
    return make_course(tmp_path_factory.mktemp("overlooked"), ["losses", "iris"])


def releases(course: Course) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in course.folder("release").glob("*.ipynb")}


def place(folder: Path, name: str, content: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)


@pytest.mark.parametrize("untouched", [False, True], ids=["missing", "untouched"])
@pytest.mark.parametrize("name", PLACES)
def test_a_filled_notebook_in_another_place(course: Course, tmp_path: Path, name: str, untouched: bool) -> None:
    release = course.folder("release") / "losses.ipynb"
    place(tmp_path, name, filled(release, ANSWERS))
    if untouched:
        place(tmp_path, "losses.ipynb", release.read_text())
    place(tmp_path, "iris.ipynb", filled(course.folder("release") / "iris.ipynb", ANSWERS))
    expected = Overlooked((name,), {"losses": (name,)}) if PLACES[name] else Overlooked()
    assert overlooked(tmp_path, releases(course)) == expected


def test_an_untouched_copy_asks_nobody(course: Course, tmp_path: Path) -> None:
    release = course.folder("release") / "losses.ipynb"
    for name in ("losses.ipynb", "losses-Copy1.ipynb"):
        place(tmp_path, name, release.read_text())
    assert overlooked(tmp_path, {"losses": release.read_bytes()}) == Overlooked(("losses-Copy1.ipynb",), {})


def test_a_copy_beside_a_filled_notebook_is_only_named(course: Course, tmp_path: Path) -> None:
    release = course.folder("release") / "losses.ipynb"
    for name in ("losses.ipynb", "losses-Copy1.ipynb"):
        place(tmp_path, name, filled(release, ANSWERS))
    assert overlooked(tmp_path, {"losses": release.read_bytes()}) == Overlooked(("losses-Copy1.ipynb",), {})


def test_an_answer_in_an_added_cell_is_work(course: Course, tmp_path: Path) -> None:
    release = course.folder("release") / "losses.ipynb"
    place(tmp_path, "losses-Copy1.ipynb", filled(release, ANSWERS))
    notebook = json.loads(release.read_text())
    added = {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": "x = 1",
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].append(added)
    place(tmp_path, "losses.ipynb", json.dumps(notebook))
    assert overlooked(tmp_path, {"losses": release.read_bytes()}).instead_of == {}


def test_what_cannot_be_read_is_for_a_person(course: Course, tmp_path: Path) -> None:
    for name in ("losses (1).ipynb", "work.zip", "Work.TAR.GZ", "losses.7z"):
        place(tmp_path, name, "{")
    (tmp_path / "losses-link.ipynb").symlink_to(course.folder("release") / "losses.ipynb")
    found = overlooked(tmp_path, {"losses": (course.folder("release") / "losses.ipynb").read_bytes()})
    assert found.others == ("Work.TAR.GZ", "losses (1).ipynb", "losses.7z", "work.zip")
    assert found.instead_of == {"losses": found.others}


def test_a_copy_without_the_metadata_is_known_by_its_name(course: Course, tmp_path: Path) -> None:
    notebook = json.loads(filled(course.folder("release") / "losses.ipynb", ANSWERS))
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    place(tmp_path, "losses-Copy1.ipynb", json.dumps(notebook))
    assert set(overlooked(tmp_path, releases(course)).instead_of) == {"losses"}


def test_thousands_of_copies_are_bounded(course: Course, tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.ipynb").write_text("{}")
    assert len(overlooked(tmp_path, releases(course)).others) == MAX_FOUND


def test_a_name_cannot_format_a_message() -> None:
    assert list_names(["<img src=x>$\\rule{9em}$.ipynb", "a\nb.ipynb"]) == "?img src?x???rule?9em??.ipynb, 'a?nb.ipynb'"
    assert list_names(["x" * 500 + ".ipynb"]) == "x" * 100
    assert list_names([f"{number}.ipynb" for number in range(9)]).endswith("4.ipynb, …")


def test_nothing_is_lost_without_a_word(course: Course) -> None:
    """A class as people really submit, through `make grade`."""
    release = course.folder("release") / "losses.ipynb"
    work, iris = filled(release, ANSWERS), filled(course.folder("release") / "iris.ipynb", ANSWERS)

    def submit(student: str, **files: str) -> Path:
        folder = hand_in(course, student, IRIS, notebooks=["iris"])
        for name, content in files.items():
            place(folder, name, content)
        return folder

    submit("copy", **{"losses.ipynb": release.read_text(), "losses-Copy1.ipynb": work})
    submit("browser", **{"losses (1).ipynb": work})
    submit("fine", **{"losses.ipynb": work, "losses-Copy1.ipynb": work})
    submit("lazy", **{"losses.ipynb": release.read_text()})
    submit("absent")
    nested = course.folder("submitted", "nested")
    for name, content in {"losses.ipynb": work, "iris.ipynb": iris}.items():
        place(nested, f"{ASSIGNMENT}/{name}", content)
    packed = course.folder("submitted", "packed")
    packed.mkdir(parents=True)
    with zipfile.ZipFile(packed / "all.zip", "w") as archive:
        archive.writestr("losses.ipynb", work)
    place(course.folder("submitted", "__MACOSX"), "._losses.ipynb", "x")
    log = StringIO()
    rows = {row.student: row for row in grade_class(course, Console(file=log, width=300))}
    lines = log.getvalue().splitlines()

    assert set(rows) == {"copy", "browser", "fine", "lazy", "absent", "nested", "packed"}
    cells = ("softmax_checks", "cross_entropy_checks")
    scores = {student: [rows[student].scores[cell] for cell in cells] for student in rows}
    assert scores == {
        "copy": [None, None], "browser": [None, None], "nested": [None, None], "packed": [None, None],
        "fine": [3.0, 4.0], "lazy": [0.0, 0.0], "absent": [0.0, 0.0],
    }  # fmt: skip
    assert rows["copy"].scores["iris_hookup_checks"] == rows["browser"].scores["iris_hookup_checks"] == 4.0
    named = {"copy": "losses-Copy1.ipynb", "browser": "losses (1).ipynb", "fine": "losses-Copy1.ipynb",
             "nested": f"{ASSIGNMENT}/losses.ipynb", "packed": "all.zip"}  # fmt: skip
    for student, name in named.items():
        assert any(line.startswith(f"{student}: ") and name in line for line in lines), student
    assert not any(line.startswith(("lazy: ", "absent: ")) for line in lines)
    for student in ("copy", "browser", "fine"):
        assert named[student] in (course.folder("feedback", student) / "iris.html").read_text()
    with (course.root / "grades.csv").open(encoding="utf-8-sig") as file:
        told = {line["student_id"]: line["remarks"] for line in csv.DictReader(file)}
    assert all(name in told[student] for student, name in named.items())

    # Once the work is where it belongs, it is graded.
    folder = course.folder("submitted", "copy")
    (folder / "losses-Copy1.ipynb").rename(folder / "losses.ipynb")
    rows = {row.student: row for row in grade_class(course, Console(file=StringIO()))}
    assert (rows["copy"].scores["softmax_checks"], rows["copy"].remarks) == (3.0, ())


def test_nbgrader_autograde_names_it_and_skips_what_a_mac_adds(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"])
    release = course.folder("release") / "losses.ipynb"
    folder = hand_in(course, "alice", {})
    place(folder, "losses-Copy1.ipynb", filled(release, ANSWERS))
    place(course.folder("submitted", "__MACOSX"), "._losses.ipynb", "x")
    done = command("nbgrader", "autograde", ASSIGNMENT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Not graded: __MACOSX" not in done.stderr
    assert "A person should look: alice: losses: losses.ipynb は配布されたままです" in done.stderr
    (row,) = course.grades()
    assert (row.scores["softmax_checks"], row.ungraded) == (None, 2)
