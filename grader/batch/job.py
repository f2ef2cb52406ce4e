"""One notebook to be graded, as bytes and plain values: what travels to another process, and what comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path

import grader
from grader.assignments.loss_functions.training.images import manifest_of, prepared, stand_in
from grader.errors import GraderFault
from grader.student.limits import Limits

PACKAGE = Path(grader.__file__).parent
STAND_IN_NAME = "stand-in.npy"
LIBRARIES = "torch", "hypothesis", "nbformat"
GPU_DRIVERS = "/dev/nvidiactl", "/dev/kfd", "/dev/dxg"  # of NVIDIA, of AMD, of Windows below us


@dataclass(frozen=True)
class Job:
    """submitted: the notebook file, or why it could not be read. source: the instructor's notebook, for the trusted run
    (None: this notebook has none). cells: its checks cells, in order. files, variables: see `grade.Request`.

    images: the prepared file of the trusted run, and `digest` its SHA-256. build: a folder for what is made once.
    device: of the trusted run. without_walls, gpu: of the student's process.
    """

    student: str
    notebook: str
    submitted: bytes | str
    release: bytes
    source: bytes | None
    cells: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]
    variables: Mapping[str, str]
    limits: Limits
    build: Path
    images: Path
    digest: str
    device: str = "cpu"
    without_walls: bool = False
    gpu: bool = False

    @cached_property
    def key(self) -> str:
        """Of everything that the result depends on, the grader's own code included; not of who handed it in."""
        total = hashlib.sha256(code().encode())
        parts = [self.submitted, self.release, self.source, self.cells, self.files, sorted(self.variables.items())]
        for part in [*parts, asdict(self.limits), self.digest, self.device, self.without_walls, self.gpu]:
            content = part if isinstance(part, bytes) else repr(part).encode(errors="replace")
            total.update(f"{type(part).__name__} {len(content)} ".encode() + content)
        return total.hexdigest()

    @property
    def stands_in(self) -> bool:
        """The trusted run's images are the generated ones, which every machine makes for itself."""
        return self.images.name == STAND_IN_NAME


@dataclass(frozen=True)
class JobResult:
    """notebook: executed, as JSON. notes: for the instructor. walls: what stood around the student's process.

    seconds: wall-clock time. lasting: it would come out the same again.
    """

    notebook: str
    notes: tuple[str, ...]
    walls: str = ""
    seconds: float = 0.0
    lasting: bool = True


@cache
def code() -> str:
    """SHA-256 of this package and of the libraries' versions."""
    total = hashlib.sha256(" ".join(map(version, LIBRARIES)).encode())
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            total.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def device(configured: str) -> str:
    """Of the trusted run: "auto" is cuda where there is one."""
    if configured != "auto":
        return configured
    if not any(Path(driver).exists() for driver in GPU_DRIVERS):
        return "cpu"
    import torch  # takes a second, which a command that grades nothing need not wait

    return "cuda" if torch.cuda.is_available() else "cpu"


def images_of(configured: str, build: Path) -> tuple[Path, str]:
    """The prepared file of the trusted run, and its SHA-256. Raises GraderFault where it is none."""
    path = Path(configured).resolve() if configured else prepared(build)
    stand_in(build / STAND_IN_NAME)
    manifest = manifest_of(path)
    if manifest is None:
        raise GraderFault(f"{path} is no prepared file: python -m grader data show")
    return path, manifest.sha256
