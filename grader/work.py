"""One notebook to be graded, as bytes and plain values: what travels to another process, and what comes back."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

import hypothesis
import nbformat
import torch

from grader.data import GENERATED, describe, manifest_of, prepared, stand_in
from grader.errors import GraderFault
from grader.grade import Request, Result, Start, grade, ungraded
from grader.judge import Outcome, checks_for
from grader.limits import Limits
from grader.sandbox.bounds import ALL, Bounds
from grader.sandbox.host import ForkServer
from grader.weighted_run import CIFAR10, STAND_IN, WeightedRun

PACKAGE = Path(__file__).parent
STAND_IN_NAME = "stand-in.npy"
IMAGES = "LOSS_FUNCTIONS_IMAGES"  # the variable that names the images of students' own short run
AGAIN = {Outcome.OURS, Outcome.SLOW}  # may come out otherwise on a quieter or mended machine: never kept
_one = threading.Lock()  # pytest, torch's thread count and its determinism belong to the whole process
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
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
            total.update(hashlib.sha256(repr(part).encode(errors="replace")).digest())
        return total.hexdigest()

    @property
    def stands_in(self) -> bool:
        """The trusted run's images are the generated ones, which every machine makes for itself."""
        return self.images.name == STAND_IN_NAME


@dataclass(frozen=True)
class Done:
    """notebook: executed, as JSON. notes: for the instructor. walls: what stood around the student's process.

    seconds: wall-clock time. lasting: it would come out the same again.
    """

    notebook: str
    notes: tuple[str, ...]
    walls: str = ""
    seconds: float = 0.0
    lasting: bool = True


def do(work: Work) -> Done:
    """Run and judge one notebook in this process. Raises WallsMissing; after any other fault a person looks."""
    begin = time.monotonic()
    short = stand_in(work.build / STAND_IN_NAME)
    request = Request(
        submitted=work.submitted,
        release=work.release,
        modules={cell: module for cell in work.cells if (module := checks_for(cell))},
        files=work.files,
        variables={**work.variables, IMAGES: str(short)},
        read=(short,),
        limits=work.limits,
    )
    with _one:
        server = fork_server(work.limits.bounds, work.without_walls, work.gpu)
        walls = str(server.walls())
        result = graded(request, server.start, work)
    lasting = not any(verdict.outcome in AGAIN for verdicts in result.verdicts.values() for verdict in verdicts)
    return Done(json.dumps(result.notebook, ensure_ascii=False), result.notes, walls, time.monotonic() - begin, lasting)


def graded(request: Request, start: Start, work: Work) -> Result:
    """`grade.grade`; after a fault of the grader's own a person looks."""
    try:
        run = None if work.source is None else weighted_run(work.source, work.build, work.images, work.device)
        return grade(request, start, run)
    except Exception as error:
        log.exception("the grader failed")
        return ungraded(request, f"{type(error).__name__}: {error}"[:300])


def set_aside(work: Work, reason: str) -> Done:
    """What the grader could not do: a person looks."""
    modules = {cell: module for cell in work.cells if (module := checks_for(cell))}
    result = ungraded(Request(work.submitted, work.release, modules), reason)
    return Done(json.dumps(result.notebook, ensure_ascii=False), result.notes, lasting=False)


@cache
def fork_server(bounds: Bounds = Bounds(), without_walls: bool = False, gpu: bool = False) -> ForkServer:  # noqa: B008
    """One for this process; it ends with it."""
    return ForkServer(bounds, without=ALL if without_walls else (), gpu=gpu)


@cache
def weighted_run(source: bytes, build: Path, images: Path, device: str) -> WeightedRun:
    """One for all submissions of this process; its memo in `build` is shared with others and with later runs."""
    short = str(stand_in(build / STAND_IN_NAME))
    manifest = manifest_of(images)
    if manifest is None:
        raise GraderFault(f"{images} is no prepared file: python -m grader data show")
    standard = STAND_IN if manifest.source == GENERATED else CIFAR10
    memo, shown = build / "trusted-runs", describe(images, japanese=True)
    return WeightedRun(source, short, str(images), manifest.sha256, standard, memo, device, shown=shown)


@cache
def code() -> str:
    """SHA-256 of this package and of the libraries' versions."""
    total = hashlib.sha256(f"{torch.__version__} {hypothesis.__version__} {nbformat.__version__}".encode())
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            total.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def device(configured: str) -> str:
    """Of the trusted run: "auto" is cuda where there is one."""
    return configured if configured != "auto" else "cuda" if torch.cuda.is_available() else "cpu"


def images_of(configured: str, build: Path) -> tuple[Path, str]:
    """The prepared file of the trusted run, and its SHA-256. Raises GraderFault where it is none."""
    path = Path(configured).resolve() if configured else prepared(build)
    stand_in(build / STAND_IN_NAME)
    manifest = manifest_of(path)
    if manifest is None:
        raise GraderFault(f"{path} is no prepared file: python -m grader data show")
    return path, manifest.sha256
