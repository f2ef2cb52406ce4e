"""Files that no one should have handed in: each costs its own points, with the reason, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from grader.cli.grade_class import grade_class
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row
from grader.submission import files as handed_in
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, RIGHT, command, hand_in, make_course

SECRET = "what only alice knows"
NOTHING = {"softmax_checks": 0.0, "cross_entropy_checks": 0.0}
FULL = {"softmax_checks": 3.0, "cross_entropy_checks": 4.0}
UNREAD = {  # student → what the reason says
    "corrupt": "JSON", "empty_file": "空", "gigantic": "大きすぎます", "many_cells": "100043", "boxes": "多すぎます",
    "deep": "JSON", "link": "リンク", "dangling": "リンク", "folder": "ファイルでは",
    "pipe": "ファイルでは",
}  # fmt: skip
REFUSED = {
    "link_folder": "link", "plain_file": "no folder", "nothing": "no notebook", "renamed": "[red]kadai",
    "new\nline": "name", "<b>bold": "name", "al*": "name", "stamp_pipe": "timestamp.txt", "stamp_zero": "timestamp.txt",
    "stamp_far": "timestamp.txt", "stamp_first": "timestamp.txt",
}  # fmt: skip
PAGES = {"page.html", "plot.svg", "data:,page.html", "page.html.gz", "page.svgz", "page.html%20"}
FINE = ["alice", "utf16", "mark", "cp932", "latin1", "v3", "old_schema", "new_schema", "stripped", "renamed_cells",
        "retyped", "same_ids", "surrogate", "beside", "-rf", "日本語"]  # fmt: skip


def handed_in_class(course: Course) -> None:
    """One student for each thing that may be wrong."""
    alice = hand_in(course, "alice", LOSSES, texts={"pain": f"# {SECRET}"}) / "losses.ipynb"
    right = alice.read_text().replace(SECRET, "")

    def folder(student: str) -> Path:
        path = course.folder("submitted", student)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def file(student: str, content: bytes | str | dict[str, Any], name: str = "losses.ipynb") -> None:
        text = json.dumps(content) if isinstance(content, dict) else content
        (folder(student) / name).write_bytes(text.encode() if isinstance(text, str) else text)

    def changed(change: Any) -> dict[str, Any]:
        notebook: dict[str, Any] = json.loads(right)
        for cell in notebook["cells"]:
            change(cell)
        return notebook

    file("corrupt", right[:-200])
    file("empty_file", b"")
    with (folder("gigantic") / "losses.ipynb").open("wb") as large:
        large.write(right.encode())
        large.truncate(200 << 20)
    extra = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}
    notebook = json.loads(right)
    file("many_cells", {**notebook, "cells": notebook["cells"] + [extra] * (100_043 - len(notebook["cells"]))})
    file("boxes", b'{"cells": [' + b"{}," * 2_000_000 + b"{}]}")
    file("deep", right.replace('"metadata": {', '"x": ' + "[" * 100_000 + "]" * 100_000 + ', "metadata": {', 1))
    (folder("link") / "losses.ipynb").symlink_to(alice)
    (folder("dangling") / "losses.ipynb").symlink_to("/nowhere")
    (folder("folder") / "losses.ipynb").mkdir()
    file("folder/losses.ipynb/..", b"x", "a.txt")
    os.mkfifo(folder("pipe") / "losses.ipynb")

    course.folder("submitted", "link_folder").parent.mkdir()
    course.folder("submitted", "link_folder").symlink_to(alice.parent)
    course.folder("submitted", "plain_file").parent.mkdir()
    course.folder("submitted", "plain_file").write_text("x")
    folder("nothing")
    file("renamed", right, "[red]kadai.ipynb")
    for student in ("new\nline", "<b>bold", "al*", "stamp_pipe", "stamp_zero", "stamp_far", "stamp_first"):
        file(student, right)
    file("stamp_far", "9999-12-31 23:59:59 UTC", "timestamp.txt")
    file("stamp_first", "0001-01-01 00:00:00 UTC", "timestamp.txt")
    os.mkfifo(folder("stamp_pipe") / "timestamp.txt")
    (folder("stamp_zero") / "timestamp.txt").symlink_to("/dev/zero")

    file("utf16", right.encode("utf-16"))
    file("mark", b"\xef\xbb\xbf" + right.encode())
    file("cp932", right.encode("cp932", "replace"))
    file("latin1", right.replace("import", "# é\\nimport", 1).encode("latin-1", "replace"))
    file("v3", str(nbformat.writes(nbformat.convert(nbformat.reads(right, as_version=4), 3), version=3)))
    for student, version in (("old_schema", 1), ("new_schema", 99)):
        file(student, changed(lambda cell, v=version: cell["metadata"].get("nbgrader", {}).update(schema_version=v)))
    file("stripped", changed(lambda cell: (cell.update(metadata={}), cell.pop("id"))) | {"nbformat_minor": 4})
    file(
        "renamed_cells",
        right.replace('"grade_id": "softmax"', '"grade_id": "mine"').replace('"id": "softmax"', '"id": "y"'),
    )
    file("retyped", changed(lambda cell: cell["id"] == "softmax" and cell.update(cell_type="markdown")))
    file("same_ids", changed(lambda cell: cell.update(id="same")))
    file("surrogate", right.replace('"source": [', '"source": [\n    "# \\ud800 \\u0000\\n",', 1))
    for student in ("-rf", "日本語"):
        file(student, right)
    beside = folder("beside")
    file("beside", right)
    (beside / "link.txt").symlink_to(alice)
    (beside / "root").symlink_to("/")
    os.mkfifo(beside / "pipe.csv")
    for name in (*PAGES, "plot.png", "a\nb.txt", "[red]<img src=x>.txt"):
        (beside / name).write_text("x")
    for number in range(3):
        with (beside / f"sparse{number}.bin").open("wb") as sparse:
            sparse.truncate(20 << 20)
    file("beside", "2026-04-01 12:00:00 UTC", "timestamp.txt")
    long = beside.joinpath(*["long" * 60] * 5)
    long.mkdir(parents=True)
    (long / "a.txt").write_text("x")
    deep = beside
    for _ in range(30):
        deep = deep / "deeper"
    deep.mkdir(parents=True)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Handed in, and not graded yet."""
    course = make_course(tmp_path_factory.mktemp("handed_in"), ["losses"])
    handed_in_class(course)
    return course


def assert_graded(table: list[Row], said: str) -> None:
    rows = {row.student: row for row in table}
    assert {student: rows[student].scores for student in FINE} == dict.fromkeys(FINE, FULL)
    for student, reason in UNREAD.items():
        row = rows[student]
        assert (row.scores, row.ungraded) == (NOTHING, 2), f"{student}: 0 points, and a person looks"
        assert reason in row.remarks[0]
        (line,) = [line for line in said.splitlines() if f"{student}: " in line and "a person should look" in line]
        assert reason in line
    for student, reason in REFUSED.items():
        name = handed_in.printable(student)
        (line,) = [line for line in said.splitlines() if name in line and "not graded" in line.lower()]
        assert reason in line
        if handed_in.is_name(student):
            assert rows[student].ungraded == 2, "in the table, for a person to look at"
    assert not {"new\nline", "<b>bold", "al*"} & set(rows), "formgrader would show these as they are"


def assert_nothing_taken(course: Course) -> None:
    """Nothing of alice's, and nothing of this machine's, is in what others get back; nor a page that a browser runs."""
    for kind in ("autograded", "feedback"):
        found = [path for path in (course.root / kind).rglob("*") if not path.is_dir()]
        assert not [path for path in found if path.is_symlink() or path.suffix == ".svg"]
        assert not [path for path in found if "alice" not in path.parts and SECRET in path.read_text(errors="replace")]
    beside = {path.name for path in course.folder("autograded", "beside").iterdir()}
    assert {"plot.png", "timestamp.txt", "sparse0.bin", "sparse1.bin"} <= beside
    assert not beside & {"link.txt", "root", "pipe.csv", "sparse2.bin", "long" * 60, *PAGES}


def test_make_grade(course: Course) -> None:
    said = StringIO()
    assert_graded(grade_class(course, Console(file=said, width=300)), said.getvalue())
    assert_nothing_taken(course)
    feedback = (course.folder("feedback", "corrupt") / "losses.html").read_text()
    assert "ノートブックとして読めません" in feedback


def test_the_command_line_of_nbgrader(course: Course, tmp_path: Path) -> None:
    other = make_course(tmp_path / "course", ["losses"])
    handed_in_class(other)
    done = command("nbgrader", "autograde", ASSIGNMENT, cwd=other.root)
    assert done.returncode == 0, done.stderr
    assert_graded(other.grades(), done.stderr)
    left_out = [line for line in done.stderr.splitlines() if "Left out" in line]
    for name in ("sparse2.bin", "long/a.txt", *PAGES):
        assert any(f"{name}: " in line for line in left_out), f"{name} is named in the log"
    assert command("nbgrader", "generate_feedback", ASSIGNMENT, cwd=other.root).returncode == 0
    assert_nothing_taken(other)


def test_repairs_are_told_before_all_cells(course: Course) -> None:
    for student, told in {"stripped": "情報がなくなっていた", "renamed_cells": "名前", "retyped": "種類"}.items():
        path = course.folder("autograded", student) / "losses.ipynb"
        if not path.exists():
            assert course.autograde(student) == ""
        first = nbformat.read(path, as_version=4).cells[0]
        assert first.id == "grader-notes"
        assert told in first.source
        assert "softmax" in first.source


def test_a_misnamed_notebook_beside_right_ones_is_for_a_person(tmp_path: Path) -> None:
    """nbgrader alone gives it 0 points without a word; once it has its name, the flag is gone."""
    course = make_course(tmp_path, ["losses", "iris"])
    folder = hand_in(course, "alice", RIGHT)
    (folder / "iris.ipynb").rename(folder / "iris (1).ipynb")
    hand_in(course, "bob", RIGHT, notebooks=["losses"])
    said = StringIO()
    rows = {row.student: row for row in grade_class(course, Console(file=said, width=200))}
    assert (rows["alice"].scores["iris_hookup_checks"], rows["alice"].ungraded) == (0.0, 2)
    assert (rows["bob"].scores["iris_hookup_checks"], rows["bob"].ungraded) == (0.0, 0)
    assert (
        "alice: 0 points, a person should look: iris: iris.ipynb がありません。提出されたのは iris (1).ipynb"
        in said.getvalue()
    )
    (folder / "iris (1).ipynb").rename(folder / "iris.ipynb")
    rows = {row.student: row for row in grade_class(course, Console(file=StringIO()))}
    assert (rows["alice"].scores["iris_hookup_checks"], rows["alice"].ungraded, rows["alice"].remarks) == (4.0, 0, ())


def test_formgrader_sees_the_flag_and_the_reason(tmp_path: Path) -> None:
    course = make_course(tmp_path, ["losses"])
    (hand_in(course, "alice", LOSSES) / "losses.ipynb").write_text("{")
    assert course.autograde("alice") == ""
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
    assert course.autograde("alice") == ""
    assert course.grades()[0].remarks == ()


@pytest.mark.parametrize(
    ("name", "runs"),
    [("a.html", True), ("a.HTM", True), ("a.xhtml", True), ("a.svg", True), ("a.xml", True), ("a.xsl", True),
     ("a.rdf", True), ("a.png", False), ("a.py", False), ("a.csv", False), ("timestamp.txt", False), ("a.docx", False),
     ("html", False), ("data:,a.html", True), ("javascript:a.html", True), ("http:a.html?.txt", True), (".html", True),
     ("a.html.gz", True), ("a.svgz", True), ("a.html%20", True), ("a.html ", True), ("a.html.", True), ("a.mht", True),
     ("a.html\u3000", True), ("a.tar.gz", False), ("2.1 images.png", False), ("data:,a.txt", False)],
)  # fmt: skip
def test_what_a_browser_would_run(name: str, runs: bool) -> None:
    assert handed_in.runs_in_a_browser(name) == runs


def test_files_are_bounded(tmp_path: Path) -> None:
    for number in range(handed_in.MAX_FILES + 20):
        (tmp_path / f"{number:03}.txt").write_text("x")
    (tmp_path / "large.bin").write_bytes(b"x" * (handed_in.MAX_FILE_BYTES + 1))
    found = handed_in.other_files(tmp_path)
    assert len(found) == handed_in.MAX_FILES
    assert list(found) == sorted(found)


def test_files_are_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed_in, "MAX_TOTAL", 100)
    for name, size in {"a": 60, "b": 60, "c": 40, "d": 0}.items():
        (tmp_path / name).write_bytes(b"x" * size)
    assert [name for name, _ in handed_in.other_files(tmp_path)] == ["a", "c"]


def test_a_path_that_no_process_could_have_is_left_out(tmp_path: Path) -> None:
    """Below `submitted/` it may be as long as the kernel lets it; below a process's own folder it would be too long."""
    deep = tmp_path.joinpath(*["n" * 200] * 5)
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text("x")
    (deep.parent / "b.txt").write_text("x")
    ((name, _),) = handed_in.other_files(tmp_path)
    assert name.endswith("/b.txt")
