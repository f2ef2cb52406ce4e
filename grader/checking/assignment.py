"""The interface between the engine and an assignment: where its checks are, and what they need besides answers.

An assignment is a package `grader.assignments.<id>` whose `ASSIGNMENT` is an `Assignment`; the engine finds it with
`find` and never imports it by name. docs/your-own-assignment.md shows the smallest one.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from grader.checking.misconceptions import Catalogue, catalogue_of
from grader.submission.language import gettext

PACKAGE = "grader.assignments"
LOCALE = "locale"  # folder of an assignment's translations: one folder for each language but its own
T = TypeVar("T")


@dataclass(frozen=True)
class DataFile:
    """A prepared file that trusted checks read, such as a data set.

    path: the file. sha256: of its content. description: one line for the instructor's report.
    companions: files that must lie beside it, such as a manifest; they are complete when the last one is there.
    generated: every machine makes it itself (`Assignment.student_files`), so it is not copied to a cluster.
    """

    path: Path
    sha256: str
    description: str
    companions: tuple[Path, ...] = ()
    generated: bool = False


@dataclass(frozen=True)
class Material:
    """What the fixtures of one notebook's checks may use; all of it is the instructor's.

    source: the instructor's notebook, or None where no checks cell of the notebook asks for it
    (`Assignment.source_cells`). data: path of the assignment's `DataFile`, or None. build: a folder for files that are
    made once. device: torch device of trusted computations, such as "cpu" or "cuda".
    cache: what `once` has made; shared by all submissions of a process.
    """

    source: bytes | None = None
    data: Path | None = None
    build: Path = Path("build")
    device: str = "cpu"
    cache: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[[Material], T]) -> T:
        """`make(self)`, computed once for equal material. Raises what `make` raises, each time."""
        key = make, self
        if key not in self.cache:
            self.cache[key] = make(self)
        made: T = self.cache[key]
        return made


@dataclass(frozen=True, eq=False)
class Assignment:
    """One assignment, or an edition of it in another language: the same checks on translated notebooks.

    This class describes one that needs only its checks; others override the methods.

    folder: of the package; its name is the assignment's id in nbgrader. It holds `checks/<cell>.py` and may hold
    `students.md` (a page for students), `sample_class.toml` (a made-up class),
    `sample_outputs.json` (what its students submit as outputs) and `locale/<language>/` for each edition.
    title: in words, for the pages; "": the id. A message: see `wording.N_`.
    variables: environment variables of students' processes, such as a budget for training.
    source_cells: checks cells whose fixtures use the instructor's notebook.
    libraries: what students install, by their names in pyproject.toml.
    language: of an edition, a folder in `locale/`; "": the assignment itself, in the language of its author.
    """

    folder: Path
    title: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    source_cells: Collection[str] = ()
    libraries: Sequence[str] = ("torch", "numpy", "matplotlib")
    language: str = ""

    @property
    def id(self) -> str:
        """nbgrader's name of the assignment: the folder's; of an edition `<folder>_<language>`."""
        return f"{self.folder.name}_{self.language}" if self.language else self.folder.name

    @property
    def original(self) -> str:
        """The id of what an edition is a translation of; of anything else its own."""
        return self.folder.name

    def editions(self) -> list[Assignment]:
        """Its translations, by language; an edition has none."""
        if self.language:
            return []
        folders = sorted(path for path in (self.folder / LOCALE).glob("*") if path.is_dir())
        return [replace(self, language=path.name) for path in folders]

    @property
    def translation(self) -> Path:
        """The folder with an edition's texts; of anything else the assignment's own."""
        return self.folder / LOCALE / self.language if self.language else self.folder

    def checks_for(self, cell: str) -> Path | None:
        """The module that judges a checks cell: `softmax_checks` → `checks/softmax.py`; None where there is none."""
        return self._module_for(cell, "checks")

    def catalogue_for(self, cell: str) -> Catalogue | None:
        """The misconceptions of a checks cell: `softmax_checks` → `misconceptions/softmax.py`; None: there are none."""
        path = self._module_for(cell, "misconceptions")
        module = path and importlib.import_module(f"{PACKAGE}.{self.original}.misconceptions.{path.stem}")
        return catalogue_of(module) if module else None

    def _module_for(self, cell: str, kind: str) -> Path | None:
        stem = cell.removesuffix("_checks")
        path = self.folder / kind / f"{stem}.py"
        return path if stem != cell and stem.isidentifier() and stem != "conftest" and path.is_file() else None

    def data(self, configured: str, build: Path) -> DataFile | None:
        """The data file of the trusted checks; None: they need none.

        configured: a path from nbgrader_config.py, or "". build: the course's folder for prepared files.
        Raises GraderFault where the configured file cannot be used.
        """
        return None

    def student_files(self, build: Path) -> Mapping[str, Path]:
        """Files of the host that students' processes may read: environment variable → path. Made here if missing."""
        return {}

    def add_data_commands(self, commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        """Add `python -m grader data …` commands; each sets `run(options, build, console)`, which yields what to print.

        options: the parsed arguments. build: see `data`. console: a rich console, for progress bars.
        """


def find(assignment: str) -> Assignment | None:
    """The assignment or edition with that id; None: this package has none, and nbgrader's own grading applies."""
    if not assignment.isidentifier():
        return None
    if importlib.util.find_spec(f"{PACKAGE}.{assignment}") is not None:
        found: Assignment = importlib.import_module(f"{PACKAGE}.{assignment}").ASSIGNMENT
        return found
    original = find(assignment.rpartition("_")[0])
    editions = original.editions() if original and not original.language else ()
    return next((edition for edition in editions if edition.id == assignment), None)


def other_editions(assignment: str) -> list[str]:
    """The ids of the same assignment in other languages."""
    if (found := find(assignment)) is None:
        return []
    original = replace(found, language="")
    return [one.id for one in (original, *original.editions()) if one.id != assignment]


def title_of(assignment: str) -> str:
    """The title of the assignment with that id, in the language in use; the id where it has none."""
    found = find(assignment)
    return gettext(found.title) if found and found.title else assignment


def known() -> Iterator[Assignment]:
    """All assignments of this package, by id, without their editions."""
    package = importlib.import_module(PACKAGE)
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        if found := find(module.name):
            yield found
