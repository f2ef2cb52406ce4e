"""Do a job in this process: with its own fork server, and one trusted run for all."""

from __future__ import annotations

import json
import logging
import threading
import time
from functools import cache
from pathlib import Path

from grader.assignments.loss_functions.checks import checks_for
from grader.assignments.loss_functions.training.images import GENERATED, describe, manifest_of, stand_in
from grader.assignments.loss_functions.training.weighted_run import CIFAR10, STAND_IN, WeightedRun
from grader.batch.job import STAND_IN_NAME, Job, JobResult
from grader.errors import ForkServerError, GraderFault
from grader.grading.grade import Request, Result, Start, grade, ungraded
from grader.grading.verdict import Outcome
from grader.sandbox.isolation.bounds import ALL, Bounds
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.processes.zygote import Zygote

IMAGES = "LOSS_FUNCTIONS_IMAGES"  # the variable that names the images of students' own short run
AGAIN = {Outcome.GRADER_ERROR, Outcome.TOO_SLOW}  # may come out otherwise on a quieter or mended machine: never kept
ATTEMPTS = 2
SERVER_ENDED = "the fork server of the student's process ended"
_one = threading.Lock()  # pytest, torch's thread count and its determinism belong to the whole process
log = logging.getLogger(__name__)


def run_job(job: Job, zygote: Zygote | None = None) -> JobResult:
    """Run and judge one notebook in this process. Raises WallsMissing; after any other fault a person looks.

    zygote: what this process's fork server is forked from; None: one of its own.
    """
    begin = time.monotonic()
    short = stand_in(job.build / STAND_IN_NAME)
    request = Request(
        submitted=job.submitted,
        release=job.release,
        modules={cell: module for cell in job.cells if (module := checks_for(cell))},
        files=job.files,
        variables={**job.variables, IMAGES: str(short)},
        read=(short,),
        limits=job.limits,
    )
    with _one:
        server = fork_server(job.limits.bounds, job.without_walls, job.gpu, zygote)
        walls = reason = ""
        for _ in range(ATTEMPTS):
            try:
                walls = str(server.walls())
                result = graded(request, server.start, job)
            except ForkServerError as error:
                reason = str(error)
                continue
            if server.is_running():
                break
            reason = SERVER_ENDED  # and the student's process with it, which looks as if that had ended of itself
        else:
            result = ungraded(request, reason)
    lasting = not any(verdict.outcome in AGAIN for verdicts in result.verdicts.values() for verdict in verdicts)
    return JobResult(
        json.dumps(result.notebook, ensure_ascii=False), result.notes, walls, time.monotonic() - begin, lasting
    )


def graded(request: Request, start: Start, job: Job) -> Result:
    """`grade.grade`; after a fault of the grader's own a person looks. Raises ForkServerError."""
    try:
        run = None if job.source is None else weighted_run(job.source, job.build, job.images, job.device)
        return grade(request, start, run)
    except ForkServerError:
        raise
    except Exception as error:
        log.exception("the grader failed")
        return ungraded(request, f"{type(error).__name__}: {error}"[:300])


def set_aside(job: Job, reason: str) -> JobResult:
    """What the grader could not do: a person looks."""
    modules = {cell: module for cell in job.cells if (module := checks_for(cell))}
    result = ungraded(Request(job.submitted, job.release, modules), reason)
    return JobResult(json.dumps(result.notebook, ensure_ascii=False), result.notes, lasting=False)


@cache
def fork_server(
    bounds: Bounds = Bounds(),  # noqa: B008
    without_walls: bool = False,
    gpu: bool = False,
    zygote: Zygote | None = None,
) -> ForkServer:
    """One for this process; it ends with it."""
    return ForkServer(bounds, without=ALL if without_walls else (), gpu=gpu, zygote=zygote)


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
