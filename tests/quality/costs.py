"""Measure the CPU time that one answer of task 3 costs the grader: the figures of docs/weighted-run.md.

    python -m tests.quality.costs build/cifar10.npy build/stand-in.npy

Prints CPU-seconds of one thread, and the same scaled to a machine on which one epoch of task 3 takes 0.56 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, median

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from grader.assignments.loss_functions.training.weighted_run import CIFAR10, STAND_IN, WeightedRun
from grader.checking.solution import definitions
from grader.grading.judge import one_thread
from tests.quality.calibration import SOURCE, WEIGHTS

REFERENCE_EPOCH = 0.56  # CPU-seconds on the machine for which the limits are meant
LIMITS = {"cifar10.npy": 4.0, "stand-in.npy": 2.5}  # CPU-seconds on that machine, for a new answer
KNOWN_LIMIT = 0.005  # CPU-seconds on that machine, for an answer that was trained before
RIGHT_WEIGHTS = WEIGHTS["1/ratio"]


def seconds(work: Callable[[], object]) -> float:
    """CPU-seconds of this process, since other processes may be busy."""
    start = time.process_time()
    work()
    return time.process_time() - start


def epoch_seconds(images: Path) -> float:
    """CPU-seconds of one epoch of the notebook's own training, including validation; the median of three."""
    names = definitions(SOURCE.read_bytes())
    pixels, labels, *_ = names["load_images"](images)
    parts = names["split_indices"](names["imbalanced_indices"](labels, names["RATIOS"]), names["SEED"])

    def once() -> None:
        names["train"](names["make_network"](0), torch.nn.CrossEntropyLoss(), pixels, labels, *parts, epochs=1)

    once()
    return median(seconds(once) for _ in range(3))


def answer_seconds(images: Path) -> tuple[float, float]:
    """CPU-seconds of a new answer, including reading the images, and of one that another process trained before."""
    standard = STAND_IN if images.name == "stand-in.npy" else CIFAR10
    with tempfile.TemporaryDirectory() as memo:
        file = str(images)

        def fresh() -> WeightedRun:
            run = WeightedRun(SOURCE.read_bytes(), file, file, images.name, standard, Path(memo))
            run.class_names()  # imports its libraries, once in each process
            return run

        run = fresh()
        new = seconds(lambda: run.trained(RIGHT_WEIGHTS))
        others = [fresh() for _ in range(20)]
        return new, median(seconds(partial(other.trained, RIGHT_WEIGHTS)) for other in others)


def main(files: list[Path]) -> None:
    """Print the table for these image files."""
    table = Table(box=box.MARKDOWN)
    for heading in ("", "here", "scaled", "target"):
        table.add_column(heading)
    for images in files:
        with one_thread():
            before = epoch_seconds(images)
            new, known = answer_seconds(images)
            here = mean([before, epoch_seconds(images)])  # the machine's speed may have changed
        scale = REFERENCE_EPOCH / here
        table.add_row(f"{images.name}: an epoch of task 3", f"{here:.2f} s", f"{REFERENCE_EPOCH} s", "")
        table.add_row("a new answer", f"{new:.2f} s", f"{new * scale:.2f} s", f"≤ {LIMITS[images.name]} s")
        known_here, known_scaled = f"{1000 * known:.2f} ms", f"{1000 * known * scale:.2f} ms"
        table.add_row("a known answer", known_here, known_scaled, f"≤ {1000 * KNOWN_LIMIT:.0f} ms")
    Console(width=120).print(table)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
