"""A job: grading one notebook, as bytes and plain values. It travels to another process, and its result comes back."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path

import grader
from grader.checking.assignment import Assignment, DataFile, find
from grader.errors import GraderFault
from grader.student.limits import Limits

PACKAGE = Path(grader.__file__).parent
LIBRARIES = "torch", "hypothesis", "nbformat", "ipython", "numpy"
GPU_DRIVERS = "/dev/nvidiactl", "/dev/kfd", "/dev/dxg"  # NVIDIA, AMD, Windows Subsystem for Linux


@dataclass(frozen=True)
class Job:
    """One notebook of one submission.

    assignment: its id. submitted: the notebook file, or the reason why it could not be read. release: the released
    notebook. cells: its checks cells, in order. files, variables: see `grading.grade.Request`.
    others: notebooks and archives of the submission that are not graded; the student is told.
    build: a folder for files that are made once. source: the instructor's notebook where a checks cell needs it.
    data: the assignment's data file. device: torch device of trusted computations.
    without_walls, gpu: of the student's process. language: of what is said to the student.
    """

    assignment: str
    student: str
    notebook: str
    submitted: bytes | str
    release: bytes
    cells: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]
    variables: Mapping[str, str]
    limits: Limits
    build: Path
    others: tuple[str, ...] = ()
    source: bytes | None = None
    data: DataFile | None = None
    device: str = "cpu"
    without_walls: bool = False
    gpu: bool = False
    language: str = "ja"

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything that the result depends on, the grader's own code included; not of the student."""
        digest = hashlib.sha256(grader_digest(self.assignment).encode())
        parts = [self.submitted, self.release, self.source, self.assignment, self.cells, self.files, self.others]
        data = self.data and self.data.sha256
        options = [sorted(self.variables.items()), asdict(self.limits), data, self.device, self.without_walls, self.gpu]
        for part in [*parts, *options, self.language]:
            content = part if isinstance(part, bytes) else repr(part).encode(errors="replace")
            digest.update(f"{type(part).__name__} {len(content)} ".encode() + content)
        return digest.hexdigest()

    def find_assignment(self) -> Assignment:
        """Raises GraderFault where this machine's grader lacks it."""
        found = find(self.assignment)
        if found is None:
            raise GraderFault(f"this grader has no assignment '{self.assignment}'")
        return found


@dataclass(frozen=True)
class JobResult:
    """notebook: executed, as JSON. notes: for the instructor. walls: what isolated the student's process.

    seconds: wall-clock time. cacheable: the result is final. undecided: a check was stopped by a wall-clock limit, so
    the notebook has to be judged again with nothing beside it. stopped: a time limit stopped a check.
    """

    notebook: str
    notes: tuple[str, ...]
    walls: str = ""
    seconds: float = 0.0
    cacheable: bool = True
    undecided: bool = False
    stopped: bool = False


@cache
def grader_digest(assignment: str) -> str:
    """SHA-256 of the code and the libraries by which an assignment is graded."""
    found = find(assignment)
    versions = map(version, found.libraries if found else ())
    return hashlib.sha256(" ".join([code_digest(), *versions]).encode()).hexdigest()


@cache
def code_digest() -> str:
    """SHA-256 of this package's files and of the versions of Python and the libraries."""
    digest = hashlib.sha256(" ".join([sys.version, *map(version, LIBRARIES)]).encode())
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def resolve_device(configured: str) -> str:
    """The torch device of trusted computations: "auto" is cuda where there is one, else cpu."""
    if configured != "auto":
        return configured
    if not any(Path(driver).exists() for driver in GPU_DRIVERS):
        return "cpu"
    import torch  # takes a second, which commands that grade nothing should not wait for

    return "cuda" if torch.cuda.is_available() else "cpu"
