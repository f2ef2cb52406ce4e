"""Grading in a container: the page and the image agree, and a default container's refusals are no obstacle."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from pathlib import Path

import pytest

from grader.nbgrader_plugin.course import PROJECT
from tests.helpers.course_fixture import LOSSES, hand_in, make_course
from tests.hostile.settings import Setting, possible

PAGE = (PROJECT / "docs" / "not-linux.md").read_text()
FROM, COPY, CMD = (re.compile(rf"^{word} (.+)$", re.MULTILINE) for word in ("FROM", "COPY", "CMD"))
IMAGE = (PROJECT / "Dockerfile").read_text()


@pytest.mark.parametrize("setting", [each for each in possible() if each.inner], ids=str)
def test_a_class_is_graded_where_namespaces_are_refused(setting: Setting) -> None:
    """As the container's root, and as the plain user of `--user`."""
    with tempfile.TemporaryDirectory(prefix="container-") as folder:  # pytest's own is closed to other users
        course = make_course(Path(folder) / "course", ["losses"])
        hand_in(course, "abe", LOSSES)
        if setting.ordinary and os.geteuid() == 0:
            os.chmod(folder, 0o755)
            for path in (course.root, *course.root.rglob("*")):
                os.chown(path, setting.uid, setting.uid)
        with setting.started("-m", "grader", "grade", "--course", str(course.root)) as (process, lines):
            said = "".join(lines)
        assert process.returncode == 0, said
        assert "outer wall: no namespaces" in said
        with (course.root / "grades.csv").open(encoding="utf-8-sig") as file:
            (row,) = csv.DictReader(file)
        assert (row["student_id"], row["score"]) == ("abe", "7")
        assert (course.folder("feedback", "abe") / "losses.html").is_file()


def test_the_image_has_the_environment_and_nothing_of_the_course() -> None:
    copied = {name for line in COPY.findall(IMAGE) for name in line.split()[:-1]}
    sent = {line.removeprefix("!") for line in (PROJECT / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    assert copied == sent
    assert sent == {*"Makefile README.md LICENSE pyproject.toml constraints.txt grader/__init__.py".split()}
    assert all((PROJECT / name).is_file() for name in copied)
    (base,) = FROM.findall(IMAGE)
    assert re.fullmatch(r"\w+:[\w.-]+", base), "an image by its name alone"


def test_the_page_builds_and_runs_this_image() -> None:
    commands = re.findall(r"^docker .+$", PAGE, re.MULTILINE)
    built = [name for line in commands for name in re.findall(r"^docker build -t (\S+) \.$", line)]
    assert built == ["grader"]
    runs = [line for line in commands if line.startswith("docker run")]
    assert runs
    assert all(re.search(r' -v "\$PWD":/course .*\bgrader\b', line) for line in runs)
    assert '"VENV=/opt/grader"' in CMD.findall(IMAGE)[0]
