"""Which room may know which: docs/architecture.md's invariants, held."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

GRADER = Path(__file__).parents[1] / "grader"
# room → the rooms of ours that it may import; arrows point one way. "checks.*" reads "any module of checks/".
ALLOWED = {
    "errors": set[str](),
    "limits": {"sandbox"},
    "image_folder": {"errors"},
    "data": {"errors", "image_folder"},
    "wire": {"errors"},
    "sandbox": {"wire"},
    "student": {"errors", "wire", "sandbox"},
    "pipe": {"errors", "limits", "sandbox"},
    "reference": set(),
    "weighted_run": {"reference"},
    "checks": {"errors", "wire", "student", "reference", "weighted_run", "data"},
    "prepared": {"errors", "wire", "student"},
    "verdict": set(),
    "judge": {"errors", "checks", "prepared", "student", "verdict", "weighted_run"},
    "report": {"verdict"},
    "harmless": set(),
    "cells": {"harmless"},
    "match": {"cells"},
    "sanitise": {"cells", "harmless", "match"},
    "handed_in": set(),
    "grade": {"errors", "harmless", "judge", "limits", "pipe", "report", "sanitise", "verdict", "weighted_run"},
    "work": {"data", "errors", "limits", "sandbox"},
    "do": {"checks", "data", "errors", "grade", "sandbox", "verdict", "weighted_run", "work"},
    "results": {"work"},
    "worker": {"do", "sandbox", "work"},
    "workers": {"do", "sandbox", "work"},
    "cluster": {"data", "do", "errors", "sandbox", "work", "workers"},
    "runner": {"cluster", "do", "results", "sandbox", "work", "workers"},
    "execute": {"cells", "checks", "handed_in", "limits", "reference", "report", "sandbox", "work"},
    "grades": {"report"},
    "autograde": {"errors", "execute", "grades", "handed_in", "runner", "sandbox"},
    "course": {"autograde", "errors", "grades", "handed_in"},
    "doctor": {"sandbox"},
    "feedback": {"course", "sandbox"},
    "class_run": {"course", "data", "errors", "feedback", "grades", "handed_in", "sandbox"},
    "sample": {"course"},
    "publish": {"course", "errors"},
    "__main__": {"class_run", "course", "data", "errors", "publish", "sample", "doctor", "sandbox"},
    "__init__": set(),
}
MODULES = sorted(GRADER.rglob("*.py"))


def room_of(path: Path) -> str:
    """`grader/checks/softmax.py` → checks."""
    return path.relative_to(GRADER).with_suffix("").parts[0]


def imports(path: Path) -> set[str]:
    """Full names of all modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(GRADER)))
def test_arrows_point_one_way(path: Path) -> None:
    room = room_of(path)
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("grader.")} - {room}
    assert ours <= ALLOWED[room]


def test_the_arrows_have_no_circle() -> None:
    below: dict[str, set[str]] = {}
    while len(below) < len(ALLOWED):
        ready = [room for room, allowed in ALLOWED.items() if room not in below and allowed <= set(below)]
        assert ready
        for room in ready:
            below[room] = ALLOWED[room]


@pytest.mark.parametrize("library", ["pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"])
def test_nothing_is_unpickled(library: str) -> None:
    assert not [path for path in MODULES if any(name.split(".")[0] == library for name in imports(path))]


def calls(path: Path) -> set[str]:
    """Names of plain functions and methods that a file calls."""
    functions = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {f.id if isinstance(f, ast.Name) else f.attr for f in functions if isinstance(f, (ast.Name, ast.Attribute))}


def test_only_the_instructors_source_is_executed() -> None:
    """`exec` of the instructor's cells in reference.py; students' cells run in the shell, in their own process."""
    assert [p.name for p in MODULES if calls(p) & {"exec", "eval"}] == ["reference.py"]


@pytest.mark.parametrize(
    "room", ["grade", "judge", "student", "wire", "sanitise", "cells", "match", "harmless", "report"]
)
def test_the_pure_rooms_open_no_file(room: str) -> None:
    opening = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink"}
    assert not calls(GRADER / f"{room}.py") & opening


NBGRADER_ROOMS = {"autograde", "course", "execute", "grades"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(GRADER)))
def test_nbgrader_is_known_to_its_faces_alone(path: Path) -> None:
    if any(name.split(".")[0] == "nbgrader" for name in imports(path)):
        assert room_of(path) in NBGRADER_ROOMS


def test_nothing_speaks_to_a_kernel() -> None:
    known = {"jupyter_client", "ipykernel", "zmq", "nbclient"}
    assert not [path for path in MODULES if known & {name.split(".")[0] for name in imports(path)}]


def test_nbgraders_process_imports_nothing_that_only_grading_needs() -> None:
    """Each command of nbgrader reads the configuration, and would wait two seconds for torch."""
    heavy = "{'torch', 'hypothesis', 'pytest', 'matplotlib'}"
    source = f"import sys, grader.nbgrader_plugin.converter; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_modules_stay_small() -> None:
    long = {str(p.relative_to(GRADER)): n for p in MODULES if (n := len(p.read_text().splitlines())) > 300}
    assert not long
