"""A class in which every student submits something else that is malformed or hostile: files, folders, names."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from grader.nbgrader_plugin.course import Course
from tests.helpers.course_fixture import LOSSES, hand_in

SECRET = "what only alice knows"  # in the notebook of alice; links of other students lead to it
UNREADABLE = {  # student → part of the reason; 0 points, and a person has to look
    "corrupt": "JSON", "empty_file": "空", "gigantic": "大きすぎます", "many_cells": "100043", "brackets": "多すぎます",
    "deep": "JSON", "link": "リンク", "dangling": "リンク", "folder": "ファイルでは",
    "pipe": "ファイルでは",
}  # fmt: skip
REFUSED = {  # student → part of the reason; not graded
    "link_folder": "link", "plain_file": "not a folder", "nothing": "no notebook", "renamed": "[red]kadai",
    "new\nline": "name", "<b>bold": "name", "al*": "name",
    ".hidden": "dot", "spaced\u3000": "white space",
}  # fmt: skip
UNTIMED = ["stamp_pipe", "stamp_zero", "stamp_far", "stamp_first"]  # a person decides whether they were late
# Students who get full marks: their notebooks are unusual, but the answers can be found.
GRADED = ["alice", "utf16", "mark", "cp932", "latin1", "v3", "old_schema", "new_schema", "stripped", "renamed_cells",
          "retyped", "same_ids", "surrogate", "beside", "-rf", "日本語", *UNTIMED]  # fmt: skip
# Files of the student "beside" that some browser would run.
ACTIVE_FILES = {"page.html", "plot.svg", "data:,page.html", "page.html.gz", "page.svgz", "page.html%20"}


def hand_in_malformed(course: Course) -> None:
    """Submit for every student of `UNREADABLE`, `REFUSED` and `GRADED`. course: with the notebook `losses`."""
    alice = hand_in(course, "alice", LOSSES, texts={"pain": f"# {SECRET}"}) / "losses.ipynb"
    right = alice.read_text().replace(SECRET, "")

    def folder(student: str) -> Path:
        path = course.folder("submitted", student)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def file(student: str, content: bytes | str | dict[str, Any], name: str = "losses.ipynb") -> None:
        text = json.dumps(content) if isinstance(content, dict) else content
        (folder(student) / name).write_bytes(text.encode() if isinstance(text, str) else text)

    def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
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
    file("brackets", b'{"cells": [' + b"{}," * 2_000_000 + b"{}]}")
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
    for student in ("new\nline", "<b>bold", "al*", ".hidden", "spaced\u3000", *UNTIMED):
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
    for name in (*ACTIVE_FILES, "plot.png", "a\nb.txt", "[red]<img src=x>.txt"):
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
    write_beyond_longest_path(beside)


def write_beyond_longest_path(folder: Path) -> None:
    """A file, few folders below this one, whose path no call can open: tar and rsync write it step by step."""
    step = os.open(folder, os.O_RDONLY)
    for _ in range(18):
        os.mkdir("d" * 240, dir_fd=step)
        below = os.open("d" * 240, os.O_RDONLY, dir_fd=step)
        os.close(step)
        step = below
    os.close(os.open("file.txt", os.O_WRONLY | os.O_CREAT, dir_fd=step))
    os.close(step)
