"""A further language is new files only: texts of the notebooks and a list of messages. Tried with three cells."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from grader.submission.language import LOCALE
from tests.helpers.loss_functions import PROJECT
from tests.helpers.project_copy import copy_project, run

LANGUAGE = "eo"
NEW_FILES = {
    f"grader/assignments/doubling/locale/{LANGUAGE}/one.md": """<!-- cell: title 0e7a3d0d -->
# Duobligo

<!-- cell: double -->
x の 2 倍
: la duoblo de x
""",
    f"grader/assignments/doubling/locale/{LANGUAGE}/students.md": "# Tasko\n",
    f"grader/submission/locale/{LANGUAGE}.po": """msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "ここに書く"
msgstr "skribu ĉi tie"

msgid "2 倍になる。"
msgstr "Ĝi estas la duoblo."

msgid "正しくは {expected}"
msgstr "ĝuste estas {expected}"
""",
}
CHECK = '''"""`double(x) -> number`."""

from grader.checking.drawing import points
from grader.checking.values import assert_equal
from grader.student.proxy import Student


@points(1)
def test_double(student: Student) -> None:
    """2 倍になる。"""
    assert_equal(student.double(3), 6)
'''
INIT = '''"""A made-up assignment."""

from pathlib import Path

from grader.checking.assignment import Assignment

ASSIGNMENT = Assignment(Path(__file__).parent, title="二倍")
'''
SOLUTION = '''def double(x):
    """x の 2 倍"""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION'''


def graded_cell(name: str, source: str, **flags: object) -> NotebookNode:
    about = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "cell_type": "code"}
    cell = nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": name, **about, **flags}})
    cell.id = name
    return cell


def write(project: Path, name: str, text: str) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text(text)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment of three cells, its edition, and one wrong submission to each, graded by one command."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    title = nbformat.v4.new_markdown_cell("# 二倍")
    title.id = "title"
    cells = [
        title,
        graded_cell("double", SOLUTION, solution=True),
        graded_cell("double_checks", "0", grade=True, locked=True, points=1),
    ]
    write(project, "source/doubling/one.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    write(project, "grader/assignments/doubling/__init__.py", INIT)
    write(project, "grader/assignments/doubling/checks/double.py", CHECK)
    before = (LOCALE.parent / "language.py").read_bytes()
    for name, text in NEW_FILES.items():
        assert not (PROJECT / name).exists()
        write(project, name, text)
    run(project, "translate", "--assignment", "doubling")
    run(project, "release", "--assignment", "doubling")
    for student, edition in (("one", "doubling"), ("two", f"doubling_{LANGUAGE}"), ("three", f"doubling_{LANGUAGE}")):
        text = (project / "release" / edition / "one.ipynb").read_text()
        answer = text if student == "three" else re.sub(r'raise NotImplementedError\([^)]*\)"', 'return x"', text)
        write(project, f"submitted/{student}/{edition}/one.ipynb", answer)
    run(project, "grade", "--assignment", "doubling")
    assert (project / "grader" / "submission" / "language.py").read_bytes() == before
    return project


def test_its_notebook_and_page_are_released(project: Path) -> None:
    release = project / "release" / f"doubling_{LANGUAGE}"
    title, solution, _ = nbformat.read(release / "one.ipynb", as_version=4).cells
    assert title.source == "# Duobligo"
    assert solution.source == (
        'def double(x):\n    """la duoblo de x"""\n    raise NotImplementedError("skribu ĉi tie")'
    )
    assert (release / "README.md").read_text() == "# Tasko\n"


def test_its_students_are_graded_by_the_same_checks_in_their_language(project: Path) -> None:
    pages = {
        student: (project / "feedback" / student / edition / "one.html").read_text()
        for student, edition in (
            ("one", "doubling"),
            ("two", f"doubling_{LANGUAGE}"),
            ("three", f"doubling_{LANGUAGE}"),
        )
    }
    assert "2 倍になる。" in pages["one"]
    assert "正しくは 6" in pages["one"]
    assert '<html lang="eo">' in pages["two"]
    assert "Ĝi estas la duoblo." in pages["two"]
    assert "ĝuste estas 6" in pages["two"]
    assert "ĝuste estas" not in pages["three"], "its stub is recognised: not written, not an exception"
    assert "NotImplementedError:" not in pages["three"]


def test_each_student_is_in_the_grades_of_one_edition(project: Path) -> None:
    def students(file: str) -> list[str]:
        return [line.split(",")[1] for line in (project / file).read_text(encoding="utf-8-sig").splitlines()[1:]]

    assert students("grades.csv") == ["one"]
    assert students(f"grades_{LANGUAGE}.csv") == ["three", "two"]
    assert (project / f"report_{LANGUAGE}" / "index.html").is_file()
