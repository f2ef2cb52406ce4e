"""The released notebooks: derived from source/, with the cells and points of the contract, and without solutions."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from grader.assignments.loss_functions import IMAGES_VARIABLE
from grader.assignments.loss_functions.training.images import stand_in
from grader.grading.judge import judge
from grader.nbgrader_plugin.course import PROJECT, Course
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.processes.zygote import STUDENT_ENVIRONMENT
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from grader.student.proxy import InProcessChannel
from tests.helpers.bank import ANSWERS, SOURCE
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, NOTEBOOKS, POINTS, command, filled, make_course
from tests.helpers.loss_functions import BUDGET, ENGLISH, IMAGES, checks_for

RELEASE = PROJECT / "release" / ASSIGNMENT
ENGLISH_RELEASE = PROJECT / "release" / ENGLISH.name
FOLDERS = {"source": SOURCE, "release": RELEASE, "English source": ENGLISH, "English release": ENGLISH_RELEASE}
# solution cell → notebook
SOLUTIONS = {
    "softmax": "losses",
    "cross_entropy": "losses",
    "iris_hookup": "iris",
    "inverse_ratio_weights": "imbalanced_cifar10",
    "weighted_criterion": "imbalanced_cifar10",
}
# notebook → its solution cells, checks cells and observations, in order
ORDER = {
    "losses": ["softmax", "softmax_checks", "cross_entropy", "cross_entropy_checks"],
    "iris": ["iris_hookup", "iris_hookup_checks", "iris_observation"],
    "imbalanced_cifar10": [
        "inverse_ratio_weights",
        "inverse_ratio_weights_checks",
        "weighted_criterion",
        "weighted_criterion_checks",
        "weighted_run_checks",
        "cifar10_observation",
    ],
}
# solution cell → the name in the message about an empty one
NAMES = {cell: cell for cell in SOLUTIONS} | {"weighted_criterion": "make_criterion"}
UNGRADED_NOTE = "採点プログラムが読み込まれていないため 0 点です（nbgrader_config.py を確認してください）。"


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def flags(cell: NotebookNode) -> tuple[bool, bool, bool]:
    """nbgrader's grade, solution and locked."""
    data = cell.metadata.get("nbgrader", {})
    return bool(data.get("grade")), bool(data.get("solution")), bool(data.get("locked"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The assignment, released from a copy of source/."""
    return make_course(tmp_path_factory.mktemp("release"))


def test_the_committed_release_is_up_to_date(fresh: Course) -> None:
    made = {path.name: path.read_bytes() for path in fresh.folder("release").iterdir() if path.is_file()}
    committed = {path.name: path.read_bytes() for path in RELEASE.iterdir() if path.is_file()}
    assert (
        made.keys() == committed.keys() == {*(f"{name}.ipynb" for name in NOTEBOOKS), "README.md", "requirements.txt"}
    )
    stale = [name for name in made if made[name] != committed[name]]
    assert not stale, f"run `make release`: {stale}"


def test_nbgraders_own_command_writes_the_same_files(fresh: Course) -> None:
    """One release, whichever way it is made; formgrader's button: tests/cli/test_desk.py."""
    before = {path.name: path.read_bytes() for path in fresh.folder("release").iterdir()}
    done = command("nbgrader", "generate_assignment", ASSIGNMENT, "--force", cwd=fresh.root)
    assert done.returncode == 0, done.stderr
    files = list(fresh.folder("release").iterdir())
    assert {path.name: path.read_bytes() for path in files} == before
    assert {oct(path.stat().st_mode)[-3:] for path in files} == {"644"}, "nbgrader's permissions, for all files"


def test_releasing_is_deterministic(fresh: Course) -> None:
    before = {path.name: path.read_bytes() for path in fresh.folder("release").glob("*.ipynb")}
    fresh.build_release()
    assert before == {path.name: path.read_bytes() for path in fresh.folder("release").glob("*.ipynb")}


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_notebooks_are_valid_without_outputs_and_with_readable_unique_ids(folder: Path, name: str) -> None:
    """A cell's id is its grade_id if it has one."""
    notebook = read(folder / f"{name}.ipynb")
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z][a-z0-9_]+", cell.id), f"{cell.id}: not a readable id"
        if "nbgrader" in cell.metadata:
            assert cell.metadata.nbgrader.grade_id == cell.id
            assert cell.metadata.nbgrader.schema_version == 3
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_cells_have_the_kinds_order_and_points_of_the_contract(folder: Path, name: str) -> None:
    cells = read(folder / f"{name}.ipynb").cells
    assert [cell.id for cell in cells if flags(cell)[0] or flags(cell)[1]] == ORDER[name]
    for cell in cells:
        kind = (cell.cell_type, *flags(cell))
        if cell.id in SOLUTIONS:
            assert kind == ("code", False, True, False), cell.id
        elif cell.id in POINTS and cell.cell_type == "code":
            assert kind == ("code", True, False, True), cell.id
        elif cell.id in POINTS:
            assert kind == ("markdown", True, True, False), cell.id
        elif "nbgrader" in cell.metadata:
            assert kind[1:] == (False, False, True), cell.id
    points = {cell.id: cell.metadata.nbgrader.points for cell in cells if flags(cell)[0]}
    assert points == {cell: POINTS[cell] for cell in ORDER[name] if cell in POINTS}


def test_20_points_are_graded_by_machine_and_4_by_a_person() -> None:
    by_machine = sum(points for cell, points in POINTS.items() if cell.endswith("_checks"))
    assert (by_machine, sum(POINTS.values()) - by_machine) == (20, 4)


@pytest.mark.parametrize("cell", [cell for cell in POINTS if cell.endswith("_checks")])
def test_the_points_of_the_checks_add_up_to_those_of_their_cell(cell: str) -> None:
    """Judged for an empty notebook, in which every check fails."""
    verdicts = judge({cell: checks_for(cell)}, lambda _: InProcessChannel({}))[cell]
    assert len(verdicts) >= 2, "one check gives no partial credit"
    assert sum(verdict.points for verdict in verdicts) == POINTS[cell]
    assert min(verdict.points for verdict in verdicts) > 0


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize(("source", "release"), [(SOURCE, RELEASE), (ENGLISH, ENGLISH_RELEASE)], ids=["ja", "en"])
def test_the_release_contains_no_solution(source: Path, release: Path, name: str) -> None:
    text = (release / f"{name}.ipynb").read_text()
    for marker in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "AUTOTEST"):
        assert marker not in text
    released = {cell.id: cell for cell in read(release / f"{name}.ipynb").cells}
    for cell in read(source / f"{name}.ipynb").cells:
        if cell.id in ORDER[name] and flags(cell)[1]:
            solution = re.search(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", cell.source, re.DOTALL)
            assert solution, f"{cell.id} has no solution region"
            lines = [line for line in map(str.strip, solution[1].splitlines()) if len(line) > 12]
            assert lines
            assert not [line for line in lines if line in released[cell.id].source]


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("folder", [SOURCE, RELEASE], ids=["source", "release"])
def test_notebooks_run_without_an_error_in_a_students_process(server: ForkServer, folder: Path, name: str) -> None:
    """Solved or untouched: no cell raises or writes to standard error."""
    variables = {**BUDGET, "MPLBACKEND": STUDENT_ENVIRONMENT["MPLBACKEND"]}
    stand_in(IMAGES)
    with server.start((), variables, {IMAGES_VARIABLE: IMAGES}) as process:
        channel = PipeChannel(process, Limits())
        cells_run = 0
        for cell in read(folder / f"{name}.ipynb").cells:
            if cell.cell_type == "code":
                reply, stopped = channel.run(cell.source)
                assert not stopped, cell.id
                shown = reply["shown"].decode()
                assert '"output_type": "error"' not in shown, f"{cell.id}: {shown[-2000:]}"
                assert '"stderr"' not in shown, cell.id
                cells_run += 1
        assert cells_run > 10


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_untouched_release_names_each_unwritten_cell(server: ForkServer, name: str) -> None:
    printed = ""
    with server.start((), BUDGET, {IMAGES_VARIABLE: IMAGES}) as process:
        channel = PipeChannel(process, Limits())
        for cell in read(RELEASE / f"{name}.ipynb").cells:
            if cell.cell_type == "code" and not cell.id.endswith("_checks"):
                reply, _ = channel.run(cell.source)
                printed += "".join(output.get("text", "") for output in json.loads(reply["shown"])["outputs"])
    for cell in ORDER[name]:
        if cell in SOLUTIONS:
            assert re.search(rf"{NAMES[cell]}\W.*(まだ|書くと)", printed), printed


def test_without_the_nbgrader_config_a_right_answer_gets_0_and_the_reason(tmp_path: Path) -> None:
    """Stock nbgrader must never give full marks."""
    source = tmp_path / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    shutil.copy(SOURCE / "losses.ipynb", source)
    done = command("nbgrader", "generate_assignment", ASSIGNMENT, "--create", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    submitted = tmp_path / "submitted" / "abe" / ASSIGNMENT
    submitted.mkdir(parents=True)
    answers = {cell: (ANSWERS / cell / f"{answer}.py").read_text() for cell, answer in LOSSES.items()}
    release = tmp_path / "release" / ASSIGNMENT / "losses.ipynb"
    (submitted / "losses.ipynb").write_text(filled(release, answers))
    done = command("nbgrader", "autograde", ASSIGNMENT, "--create", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    graded = read(tmp_path / "autograded" / "abe" / ASSIGNMENT / "losses.ipynb")
    for cell in graded.cells:
        if cell.cell_type == "code" and cell.id.endswith("_checks"):
            printed = [output.text for output in cell.outputs if output.output_type == "stream"]
            assert "".join(printed).strip() == UNGRADED_NOTE  # a busy kernel sends the line end by itself
    done = command("nbgrader", "export", "--to", "stock.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    header, line = (text.split(",") for text in (tmp_path / "stock.csv").read_text().splitlines())
    grades = dict(zip(header, line, strict=True))
    assert (grades["student_id"], float(grades["score"]), float(grades["max_score"])) == ("abe", 0, 7)
