"""Train the trusted run with right and wrong weights over many seeds: the figures of docs/weighted-run.md.

    python -m tests.quality.calibration build/stand-in.npy 0 10

trains with seeds 0 … 9 and prints, for each weighting, D and the mean recall (mean, standard deviation, extremes), how
many seeds pass, and the distance to the nearest threshold, in standard deviations.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from grader.assignments.loss_functions.training.weighted_run import CIFAR10, STAND_IN, Standard, Trained, WeightedRun
from grader.checking.solution import definitions
from grader.grading.judge import one_thread

SOURCE = Path(__file__).parents[2] / "source" / "loss_functions" / "imbalanced_cifar10.ipynb"
RATIOS = torch.tensor(definitions(SOURCE.read_bytes())["RATIOS"], dtype=torch.float64)
WEIGHTS: dict[str, torch.Tensor | None] = {
    "1/ratio": 1 / RATIOS,
    "1000/ratio": 1000 / RATIOS,
    "none": None,
    "ratio": RATIOS,
    "reversed 1/ratio": 1 / RATIOS.flip(0),
    "1/√ratio": RATIOS**-0.5,
    "1/ratio²": RATIOS**-2,
}
RIGHT = ("1/ratio", "1000/ratio")


def trained(images: Path, standard: Standard, weights: torch.Tensor | None, seed: int, device: str) -> Trained:
    """Train once, without a cache. weights: [10], float64, or None for an unweighted loss."""
    with tempfile.TemporaryDirectory() as memo:
        source, file = SOURCE.read_bytes(), str(images)
        return WeightedRun(source, file, file, images.name, standard, Path(memo), device, seed).trained(weights)


def margin(results: list[Trained], standard: Standard, right: bool) -> float:
    """Standard deviations between the mean and the nearest threshold that must accept (right) or reject (wrong) it."""
    gaps, recalls = [r.gap for r in results], [r.macro_recall for r in results]
    gap_sd, recall_sd = (max(statistics.stdev(values), 1e-9) for values in (gaps, recalls))
    low, high = standard.gap
    distances = [
        (statistics.mean(gaps) - low) / gap_sd,
        (high - statistics.mean(gaps)) / gap_sd,
        (statistics.mean(recalls) - standard.macro_recall) / recall_sd,
    ]
    return min(distances) if right else max(-distance for distance in distances)


def main(images: Path, first: int, count: int, device: str = "cpu") -> int:
    """Print the table; return exit status 1 if a right weighting fails or a wrong one passes with some seed."""
    standard = STAND_IN if images.name == "stand-in.npy" else CIFAR10
    table = Table(title=f"{images.name}, seeds {first}–{first + count - 1}, {device}: {standard}", title_justify="left")
    for heading in ("weights", "D", "D, extremes", "mean recall", "passed", "margin / sd"):
        table.add_column(heading, justify="left" if heading == "weights" else "right")
    console, failures = Console(width=120), 0
    for name, weights in WEIGHTS.items():
        seeds = track(range(first, first + count), description=name, console=console, transient=True)
        with one_thread():
            results = [trained(images, standard, weights, seed, device) for seed in seeds]
        gaps, recalls = [r.gap for r in results], [r.macro_recall for r in results]
        passed = sum(map(standard.meets, results))
        failures += passed != (count if name in RIGHT else 0)
        table.add_row(
            name,
            f"{statistics.mean(gaps):.2f} ± {statistics.stdev(gaps):.2f}",
            f"{min(gaps):.2f} … {max(gaps):.2f}",
            f"{statistics.mean(recalls):.2f} ± {statistics.stdev(recalls):.2f}",
            f"{passed} / {count}",
            f"{margin(results, standard, name in RIGHT):.1f}",
        )
    console.print(table)
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
