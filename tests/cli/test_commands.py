"""Every command that the README, a page on classrooms or a message names does what it says, in a fresh copy."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from grader.nbgrader_plugin.course import PROJECT
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, fresh_course, hand_in
from tests.helpers.typed import typed

COMMAND = re.compile(r"(?<![\w/])(make|nbgrader|python -m grader) ([a-z_]+)")
CODE = re.compile(r"```.*?\n(.*?)```|`([^`]+)`", re.DOTALL)
# Each takes minutes or more; `make -n` shows that it starts a program that is there.
LONG = {"make test", "make hostile", "make quality"}
# In this order: later ones need what earlier ones make. → a file that the command leaves, "" if none.
RUN = {
    "nbgrader autograde": "autograded/abe/loss_functions/losses.ipynb",
    "nbgrader generate_feedback": "feedback/abe/loss_functions/losses.html",
    "nbgrader export": "grades.csv",
    "nbgrader generate_assignment": "release/loss_functions/losses.ipynb",
    "make grade": "report/index.html",
    "make report": "report/class.json",
    "make translate": "source/loss_functions_en/losses.ipynb",
    "make release": "release/loss_functions/losses.ipynb",
    "make publish": "build/publish/README.md",
    "python -m grader doctor": "",
    "python -m grader data": "",
}
ELSEWHERE = {
    "make desk": "test_desk.py",
    "python -m grader desk": "test_desk.py",
    "python -m grader grade": "test_grade_class.py",
    "python -m grader collect": "test_lms.py",
    "python -m grader roster": "test_lms.py",
    "python -m grader return": "test_lms.py",
    **{
        f"nbgrader {name}": "../nbgrader_plugin/test_classrooms.py"
        for name in (
            "list",
            "release_assignment",
            "fetch_assignment",
            "validate",
            "submit",
            "collect",
            "release_feedback",
            "fetch_feedback",
        )
    },
}
ARGUMENTS = {name: [ASSIGNMENT] for name in RUN if name.startswith("nbgrader") and "export" not in name}
ARGUMENTS |= {"nbgrader generate_assignment": [ASSIGNMENT, "--force"], "python -m grader data": ["show"]}


def named_in_pages() -> set[str]:
    """Commands in code of the README and the pages on classrooms."""
    found = set()
    for page in [PROJECT / "README.md", *PROJECT.glob("docs/classroom-*.md")]:
        for block, inline in CODE.findall(page.read_text()):
            found |= {" ".join(match) for match in COMMAND.findall(" ".join((block or inline).split()))}
    return found


def named_in_messages() -> set[str]:
    """Commands in the texts of the package and its templates; what may be plain words counts in backticks only."""
    texts = [path.read_text() for path in (PROJECT / "grader").rglob("index.html.j2")]
    for path in (PROJECT / "grader").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    found = {" ".join(match) for text in texts for match in COMMAND.findall(text)}
    quoted = {" ".join(match) for text in texts for match in COMMAND.findall(" ".join(re.findall("`[^`]+`", text)))}
    targets = set(re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    plain_words = {name for name in found if name.startswith("nbgrader") or name.split()[-1] not in targets}
    return quoted | {name for name in found if name.startswith("python") or name not in plain_words}


def test_no_command_is_named_that_no_test_runs() -> None:
    assert named_in_pages()
    assert named_in_messages()
    assert named_in_pages() | named_in_messages() <= {*RUN, *LONG, *ELSEWHERE}
    for name, module in ELSEWHERE.items():
        assert name.rpartition(" ")[2] in (Path(__file__).parent / module).read_text()


def test_they_run_in_a_fresh_copy(tmp_path: Path) -> None:
    """Without this environment on the path, as the README types them: one submission, no gradebook."""
    course = fresh_course(tmp_path)
    hand_in(course, "abe", LOSSES)
    (tmp_path / "Makefile").write_text((PROJECT / "Makefile").read_text())
    for name, path in RUN.items():
        written = tmp_path / path
        written.unlink(missing_ok=True) if path else None
        done = typed(" ".join([name, *ARGUMENTS.get(name, [])]), tmp_path)
        assert done.returncode == 0, (name, done.stdout, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr, (name, done.stderr)
        assert written.exists(), name
        if name == "make grade":
            assert done.stdout.splitlines()[-1] == "by hand: make desk opens JupyterLab with formgrader"


@pytest.mark.parametrize("name", sorted(LONG))
def test_a_long_one_starts_what_is_there(name: str) -> None:
    shown = typed(f"{name} -n", PROJECT).stdout
    module = re.search(r"python -m ([\w.]+)", shown)
    assert (PROJECT / module[1].replace(".", "/") / "__main__.py").is_file() if module else "pytest" in shown


def test_an_assignment_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    fresh_course(tmp_path)
    done = typed("nbgrader autograde nosuch", tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "neither the gradebook nor source/ has this assignment" in line
