"""A class on nbgrader's exchange and one on Colab: the pages in docs/, to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import html5lib
import nbformat
import pytest

from grader.grading.installs import LEFT_OUT
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


def test_cells_that_prepare_colab_are_folded_on_the_page(tmp_path: Path) -> None:
    """Without a network they fail at length; their own line stands for them, and one sentence says why."""
    course = fresh_course(tmp_path)
    course.build_release()
    path = hand_in(course, "abe", LOSSES) / "losses.ipynb"
    notebook = nbformat.read(path, as_version=4)
    mount = "from google.colab import drive\ndrive.mount('/content/drive')"
    added = {"magic": "%pip install no-such-package", "shell": "# 準備\n!pip install no-such-package", "drive": mount}
    notebook.cells[1:1] = [nbformat.v4.new_code_cell(source, id=name) for name, source in added.items()]
    nbformat.write(notebook, path)
    assert autograde(course, "abe") == ""
    assert only_scores(course) == {"softmax_checks": 3, "cross_entropy_checks": 4}
    assert course.write_feedback("abe") == ""
    page = html5lib.parse((course.folder("feedback", "abe") / "losses.html").read_text(), namespaceHTMLElements=False)
    shown = {}
    for name in added:
        cell = page.find(f".//div[@id='cell-{name}']")
        assert [child.tag for child in cell] == ["details", "div"], "nothing but the folded code and the sentence"
        shown[name] = [cell.findtext(".//summary"), "".join(cell[1].itertext()).strip()]
    titles = {"magic": added["magic"], "shell": "準備", "drive": "from google.colab import drive"}
    assert shown == {name: [title, LEFT_OUT] for name, title in titles.items()}


def only_scores(course: Course) -> dict[str, float | None]:
    (row,) = course.grades()
    return row.scores
