"""The law of imports and the sizes of rooms, as docs/architecture.md states them."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

GRADER = Path(__file__).parents[1] / "grader"
# A room imports only from rooms to its left.
ORDER = (
    "errors wire submission sandbox.isolation sandbox.runtime sandbox.processes student checking "
    "grading batch nbgrader_plugin cli"
).split()
MODULES = sorted(GRADER.rglob("*.py"))
MAX_ARROWS = 40
MAX_TOP, MAX_MODULES, MAX_LINES, MAX_PLUGIN_LINES = 13, 14, 300, 150


def name_of(path: Path) -> str:
    """`grader/checking/plugin.py` → checking.plugin; a package's `__init__.py` → the package."""
    parts = path.relative_to(GRADER).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """sandbox.runtime.shell → sandbox.runtime; assignments.loss_functions.checks.softmax → assignments."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "sandbox" and len(parts) > 1 else parts[0]


@cache
def imports(path: Path) -> frozenset[str]:
    """Full names of all modules that a file imports, anywhere in it, also for type checks."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def modules_imported_by(path: Path) -> set[str]:
    """Modules of this package, without `grader.`; `from grader.wire import encode` → wire."""
    known = {name_of(other) for other in MODULES}
    found = set()
    for name in imports(path):
        if name.startswith("grader."):
            module = name.removeprefix("grader.")
            found.add(module if module in known else module.rpartition(".")[0])
    return found - {name_of(path), ""}


def libraries_imported_by(path: Path) -> set[str]:
    """Top names of what a file imports."""
    return {name.split(".")[0] for name in imports(path)}


by_module = pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(GRADER)))


@by_module
def test_imports_go_to_the_left_only(path: Path) -> None:
    room = room_of(name_of(path))
    if room in ORDER:
        allowed = set(ORDER[: ORDER.index(room) + 1])
    elif room == "assignments":
        allowed = {*ORDER[: ORDER.index("checking") + 1], "assignments"}
    else:
        allowed = {"cli"} if room == "__main__" else set()
    assert {room_of(module) for module in modules_imported_by(path)} <= allowed


@by_module
def test_the_sandbox_imports_nothing_of_this_package_but_wire_and_errors(path: Path) -> None:
    if room_of(name_of(path)).startswith("sandbox"):
        assert {room_of(m).split(".")[0] for m in modules_imported_by(path)} <= {"sandbox", "wire", "errors"}


def test_no_two_files_import_each_other_in_a_circle() -> None:
    graph = {name_of(path): modules_imported_by(path) for path in MODULES}
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError


def test_there_are_few_arrows_between_rooms() -> None:
    pairs = {(name_of(path).split(".")[0], m.split(".")[0]) for path in MODULES for m in modules_imported_by(path)}
    arrows = sorted(f"{start} → {end}" for start, end in pairs if start != end)
    print(len(arrows), "arrows:", *arrows, sep="\n")
    assert len(arrows) <= MAX_ARROWS


# Bans: library → the room that alone may import it ("" for no room).
BANS = {"nbgrader": "nbgrader_plugin", "IPython": "sandbox.runtime", "distributed": "batch", "pyseccomp": "sandbox"}
BANS |= {"joblib": "sandbox.runtime"}  # set up for students; it pickles
BANS |= dict.fromkeys(["pickle", "marshal", "shelve", "dill", "cloudpickle"], "")
BANS |= dict.fromkeys(["jupyter_client", "ipykernel", "zmq", "nbclient"], "")


@pytest.mark.parametrize("library", BANS)
def test_a_library_is_imported_in_its_room_only(library: str) -> None:
    rooms = {room_of(name_of(path)) for path in MODULES if library in libraries_imported_by(path)}
    assert all(BANS[library] and room.startswith(BANS[library]) for room in rooms), rooms


def calls(path: Path) -> set[str]:
    """Names of plain functions and methods that a file calls."""
    functions = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {f.id if isinstance(f, ast.Name) else f.attr for f in functions if isinstance(f, (ast.Name, ast.Attribute))}


def test_only_the_instructors_source_is_executed() -> None:
    """`exec` of the instructor's cells in solution.py; students' cells run in the shell, in their own process."""
    assert [name_of(p) for p in MODULES if calls(p) & {"exec", "eval"}] == ["checking.solution"]


PURE = ["wire", "grading", "student", *(f"submission.{n}" for n in "parse match rebuild clean_html".split())]


@pytest.mark.parametrize("place", PURE)
def test_pure_modules_open_no_file(place: str) -> None:
    opening = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "atomic_write"}
    paths = [path for path in MODULES if f"{name_of(path)}.".startswith(f"{place}.")]
    assert paths
    assert not [name_of(path) for path in paths if calls(path) & opening]


def test_nbgraders_process_imports_nothing_that_only_grading_needs() -> None:
    """Each command of nbgrader reads the configuration, and should not wait two seconds for torch."""
    heavy = "{'torch', 'hypothesis', 'pytest', 'matplotlib'}"
    source = f"import sys, grader.nbgrader_plugin.converter; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


ASSIGNMENTS_WORDS = (
    "softmax cross_entropy crossentropy iris cifar loss_functions inverse_ratio criterion recall".split()
)
ENGINE = "submission student grading batch nbgrader_plugin".split()


@pytest.mark.parametrize("room", ENGINE)
def test_the_engine_names_nothing_of_an_assignment(room: str) -> None:
    """Neither in names nor in strings; examples in docstrings may."""
    for path in (path for path in MODULES if room_of(name_of(path)) == room):
        assert not any(name.startswith("grader.assignments.") for name in imports(path)), path
        text = code_of(path).lower()
        assert not [word for word in ASSIGNMENTS_WORDS if word in text], path


def code_of(path: Path) -> str:
    """The source without comments and docstrings."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


def test_nothing_imports_an_assignment_by_name() -> None:
    others = [path for path in MODULES if room_of(name_of(path)) != "assignments"]
    assert not [p for p in others if any(name.startswith("grader.assignments") for name in imports(p))]


@by_module
def test_every_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", "…", "`")) or "." in docstring


def test_rooms_stay_small() -> None:
    top = [path for path in GRADER.iterdir() if path.name != "__pycache__"]
    assert len(top) <= MAX_TOP, sorted(path.name for path in top)
    for folder in {path.parent for path in MODULES} - {GRADER}:
        assert len(list(folder.glob("*.py"))) <= MAX_MODULES, folder


def test_modules_stay_small() -> None:
    lines = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}
    assert not {name: n for name, n in lines.items() if n > MAX_LINES}
    plugin = ("nbgrader_plugin.preprocessors", "nbgrader_plugin.exporters")
    assert not {name: lines[name] for name in plugin if lines[name] > MAX_PLUGIN_LINES}
