"""`publish` writes the files for students: stubs, and no solution, check or output."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from grader.cli.main import main
from grader.cli.publish import colab_place, write
from grader.cli.translation.words import JAPANESE
from grader.errors import UserError
from grader.nbgrader_plugin.course import PROJECT, Course
from grader.submission.rebuild import rebuild

SOURCE = PROJECT / "source"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("publish")
    (root / "source").symlink_to(SOURCE)
    course = Course(root, "loss_functions")
    assert not course.published_at
    folder = write(course)
    (folder / "of_last_year.txt").write_text("stale")
    assert write(course) == folder, "the second run replaces the folder of the first"
    return folder


def solution_lines() -> list[str]:
    """Lines of solution regions that do not occur elsewhere in source/, longer than 8 characters."""
    inside, outside = set(), set()
    for path in sorted((SOURCE / "loss_functions").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            within = False
            for line in map(str.strip, cell.source.splitlines()):
                if "SOLUTION" in line:
                    within = "BEGIN" in line
                else:
                    (inside if within else outside).add(line)
    return sorted(line for line in inside - outside if len(line) > 8)


def check_lines() -> list[str]:
    """Names and titles of the hidden checks."""
    names_and_titles = []
    for path in sorted((PROJECT / "grader" / "assignments").rglob("checks/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                names_and_titles += [node.name, ast.get_docstring(node) or node.name]
    return names_and_titles


def test_the_folder_has_notebooks_readme_and_requirements_only(published: Path) -> None:
    notebooks = {path.name for path in (SOURCE / "loss_functions").glob("*.ipynb")}
    assert {p.relative_to(published).as_posix() for p in published.rglob("*")} == notebooks | {
        "README.md",
        "requirements.txt",
    }
    assert [path.name for path in published.parent.iterdir() if "publish" not in path.name] == []


def test_no_file_contains_a_solution_or_a_check(published: Path) -> None:
    solutions, checks = solution_lines(), check_lines()
    assert len(solutions) >= 10
    assert len(checks) >= 40
    for path in published.iterdir():
        text = (
            "\n".join(c.source for c in nbformat.read(path, 4).cells) if path.suffix == ".ipynb" else path.read_text()
        )
        assert not [line for line in solutions + checks if line in text], path.name
        assert not re.search(r"hypothesis|import grader|from grader|BEGIN SOLUTION|END SOLUTION", text), path.name


def test_notebooks_have_stubs_and_no_outputs(published: Path) -> None:
    for path in published.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        assert any('raise NotImplementedError("ここに書く")' in cell.source for cell in cells)
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def test_requirements_list_the_imported_packages_without_paths(published: Path) -> None:
    lines = (published / "requirements.txt").read_text().splitlines()
    assert [re.split(r"[><=]", line)[0] for line in lines] == [
        "torch", "torchvision", "scikit-learn", "numpy", "matplotlib", "jupyterlab",
    ]  # fmt: skip
    assert not [line for line in lines if "/" in line or "@" in line]


def test_each_edition_has_a_folder_and_the_pages_lead_to_each_other(tmp_path: Path) -> None:
    (tmp_path / "source").symlink_to(SOURCE)
    config = (PROJECT / "nbgrader_config.py").read_text()
    address = "https://github.com/ito/losses-2027/tree/main"
    (tmp_path / "nbgrader_config.py").write_text(f"{config}\nc.Course.published_at = {address!r}\n")
    assert main(["publish", "--course", str(tmp_path)]) == 0
    folder = tmp_path / "build" / "publish"
    files = {path.name for path in folder.iterdir() if path.is_file()}
    assert files == {path.name for path in (folder / "en").iterdir()}
    assert "[English](en/README.md)" in (folder / "README.md").read_text()
    page = (folder / "en" / "README.md").read_text()
    assert page.startswith("# Assignment: loss functions\n\n[日本語](../README.md)\n")
    assert f"({BADGE.format('en/losses.ipynb')})" in page
    title = nbformat.read(folder / "en" / "losses.ipynb", as_version=4).cells[0].source
    assert f"({BADGE.format('en/losses.ipynb')})" in title
    assert not JAPANESE.findall(title + page.replace("日本語", ""))
    assert main(["publish", "--course", str(tmp_path), "--assignment", "loss_functions_en"]) == 0
    assert "日本語" not in (folder / "README.md").read_text(), "alone, in one language"
    assert {path.name for path in folder.iterdir()} == files


BADGE = "https://colab.research.google.com/github/ito/losses-2027/blob/main/{}"


@pytest.mark.parametrize("place", ["tree/main", "blob/main/"])
def test_badges_open_the_published_notebooks_in_colab(tmp_path: Path, place: str) -> None:
    (tmp_path / "source").symlink_to(SOURCE)
    config = (PROJECT / "nbgrader_config.py").read_text()
    address = f"https://github.com/ito/losses-2027/{place}"
    (tmp_path / "nbgrader_config.py").write_text(f"{config}\nc.Course.published_at = {address!r}\n")
    course = Course(tmp_path, "loss_functions")
    folder = write(course)
    names = [path.name for path in sorted(folder.glob("*.ipynb"))]
    page = (folder / "README.md").read_text()
    assert re.findall(r"^- \[!\[Colab\]\(.*?\)\]\((.*?)\) `", page, re.MULTILINE) == [BADGE.format(n) for n in names]
    for name in names:
        title, *others = nbformat.read(folder / name, as_version=4).cells
        assert f"({BADGE.format(name)})" in title.source.splitlines()[2]
        assert f"名前を {name} に戻して" in title.source
        release = (course.folder("release") / name).read_bytes()
        rebuilt = rebuild((folder / name).read_bytes(), release)
        assert not rebuilt.notes
        assert rebuilt.notebook.cells[0].source == nbformat.reads(release, 4).cells[0].source, "as if there were none"


@pytest.mark.parametrize("address", ["https://example.org/losses", "https://github.com/ito/losses", "main"])
def test_an_address_that_colab_cannot_open(tmp_path: Path, address: str) -> None:
    with pytest.raises(UserError, match="published_at") as raised:
        colab_place(address)
    assert "\n" not in str(raised.value)
