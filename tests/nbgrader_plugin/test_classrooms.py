"""A class on nbgrader's exchange and one on Colab: the pages in docs/, to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.nbgrader_plugin.course import PROJECT, Course
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, autograde, bank_source, filled, fresh_course, hand_in
from tests.helpers.typed import typed

PAGE = (PROJECT / "docs" / "classroom-exchange.md").read_text()
# In the page's order.
STUDENTS = "list fetch_assignment validate submit fetch_feedback".split()
INSTRUCTORS = "release release_assignment collect grade release_feedback".split()


def test_a_class_on_the_exchange(tmp_path: Path) -> None:
    """Release, fetch, submit, collect, grade, feedback, fetch feedback; two submissions, of which the last counts."""
    course = fresh_course(tmp_path / "course")
    (course.root / "Makefile").write_text((PROJECT / "Makefile").read_text())
    home, settings = tmp_path / "home", tmp_path / "etc"
    home.mkdir()
    settings.mkdir()
    blocks = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)
    (config,) = (text for language, text in blocks if language == "python")
    (settings / "nbgrader_config.py").write_text(config.replace("/srv/nbgrader/exchange", str(tmp_path / "exchange")))
    variables = {"JUPYTER_CONFIG_PATH": str(settings)}
    lines = [line for language, text in blocks if not language for line in text.splitlines()]
    assert {line.split()[1] for line in lines} == {*STUDENTS, *INSTRUCTORS}
    own = home / ASSIGNMENT / "losses.ipynb"
    for line in lines:
        is_student = line.startswith("nbgrader ")
        done = typed(line, home if is_student else course.root, variables)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, (line, done.stderr)
        if "fetch_assignment" in line:
            assert {path.name for path in own.parent.iterdir()} == {"losses.ipynb", "README.md", "requirements.txt"}
        if "validate" in line:
            assert "まだ書かれていません" in done.stdout
        if "submit" in line and own.exists():  # once more, with answers
            own.write_text(filled(own, {cell: bank_source(cell, answer) for cell, answer in LOSSES.items()}))
            assert typed(line, home, variables).returncode == 0
    (graded,) = course.grades()
    assert graded.total == 7
    (page,) = own.parent.glob("feedback/*/losses.html")
    assert "7 / 7" in re.sub(r"<[^>]*>|\s+", " ", page.read_text()).replace("  ", " ")


@pytest.mark.parametrize("beside", [False, True])
def test_a_copy_from_colab_waits_for_a_person(tmp_path: Path, beside: bool) -> None:
    """A name that Colab gives to a copy; the untouched notebook may lie beside it."""
    course = fresh_course(tmp_path)
    course.build_release()
    folder = hand_in(course, "abe", LOSSES)
    (folder / "losses.ipynb").rename(folder / "losses のコピー.ipynb")
    if beside:
        hand_in(course, "abe", {})
    reason = autograde(course, "abe")
    assert reason == "" if beside else "losses のコピー.ipynb" in reason
    scores = only_scores(course)
    assert scores == {"softmax_checks": None, "cross_entropy_checks": None}


def only_scores(course: Course) -> dict[str, float | None]:
    (row,) = course.grades()
    return row.scores
