"""What one answer costs the grader in task 3: the figures of docs/weighted-run.md.

    python -m tests.quality.costs build/cifar10.npy build/stand-in.npy

CPU-seconds of one thread, and the same scaled to a machine on which one epoch of task 3 takes 0.56 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from grader.assignments.loss_functions.training.solution import definitions
from grader.assignments.loss_functions.training.weighted_run import CIFAR10, STAND_IN, WeightedRun
from grader.grading.judge import one_thread
from tests.quality.calibration import SOURCE, WEIGHTS

EPOCH = 0.56  # seconds on the machine that the limits are meant for
LIMITS = {"cifar10.npy": 4.0, "stand-in.npy": 2.5}  # seconds there, of a new answer
KNOWN_LIMIT = 0.005
WANTED = WEIGHTS["1/ratio"]


def seconds(work: Callable[[], object]) -> float:
    """CPU-seconds of this process: others may be busy beside it."""
    start = time.process_time()
    work()
    return time.process_time() - start


def epoch(images: Path) -> float:
    """CPU-seconds of one epoch of the notebook's own training, validation included; the median of three."""
    names = definitions(SOURCE.read_bytes())
    pixels, labels, *_ = names["load_images"](images)
    parts = names["split_indices"](names["imbalanced_indices"](labels, names["RATIOS"]), names["SEED"])

    def once() -> None:
        names["train"](names["make_network"](0), torch.nn.CrossEntropyLoss(), pixels, labels, *parts, epochs=1)

    once()
    return median(seconds(once) for _ in range(3))


def answer(images: Path) -> tuple[float, float]:
    """CPU-seconds of a new answer, its images read, and of a known one: that another process has trained."""
    standard = STAND_IN if images.name == "stand-in.npy" else CIFAR10
    with tempfile.TemporaryDirectory() as memo:
        file = str(images)

        def fresh() -> WeightedRun:
            run = WeightedRun(SOURCE.read_bytes(), file, file, images.name, standard, Path(memo))
            run.class_names()  # once in a process, whatever is asked: its libraries are imported
            return run

        run = fresh()
        new = seconds(lambda: run.trained(WANTED))
        others = [fresh() for _ in range(20)]
        return new, median(seconds(lambda other=other: other.trained(WANTED)) for other in others)


def main(files: list[Path]) -> None:
    """Print the table."""
    table = Table(box=box.MARKDOWN)
    for heading in ("", "here", "scaled", "wanted"):
        table.add_column(heading)
    for images in files:
        with one_thread():
            before = epoch(images)
            new, known = answer(images)
            here = mean([before, epoch(images)])  # the machine's speed may change meanwhile
        scale = EPOCH / here
        table.add_row(f"{images.name}: an epoch of task 3", f"{here:.2f} s", f"{EPOCH} s", "")
        table.add_row("a new answer", f"{new:.2f} s", f"{new * scale:.2f} s", f"≤ {LIMITS[images.name]} s")
        known_here, known_scaled = f"{1000 * known:.2f} ms", f"{1000 * known * scale:.2f} ms"
        table.add_row("a known answer", known_here, known_scaled, f"≤ {1000 * KNOWN_LIMIT:.0f} ms")
    Console(width=120).print(table)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
