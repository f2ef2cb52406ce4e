"""Time task 3 in our implementation and in the lecture's, on one GPU: the figures of docs/gpu.md.

    python -m tests.quality.gpu build/cifar10.npy IMAGE-FOLDER [--device cuda] [--epochs 100]

IMAGE-FOLDER: the same images as files, `train/<class>/*.jpg|png` (docs/data.md). Ours: the images are one tensor on the
device, and the host waits for the device once an epoch. The lecture's: a DataLoader decodes and transforms image by
image, and `.item()` waits in every batch. Both train the same network unweighted and weighted, without early stopping,
on one CPU thread, as in grading.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

from grader.assignments.loss_functions.training.weighted_run import CIFAR10, WeightedRun
from grader.checking.solution import definitions
from grader.grading.judge import one_thread
from tests.quality.calibration import RATIOS, SOURCE, WEIGHTS

NAMES = definitions(SOURCE.read_bytes())
RUNS = ("none", "1/ratio")
TARGET_SPEEDUP, TARGET_SECONDS = 25, 0.5  # seconds: of one trusted run


def criteria(device: str) -> list[torch.nn.Module]:
    """The losses of the two runs, with their weights on the device."""
    chosen = [WEIGHTS[name] for name in RUNS]
    weights = [weight if weight is None else weight.float().to(device) for weight in chosen]
    return [torch.nn.CrossEntropyLoss(weight=weight) for weight in weights]


def train_ours(prepared: Path, device: str, epochs: int) -> None:
    """Train with the functions of the notebook."""
    images, labels, *_ = NAMES["load_images"](prepared)
    train, validation = NAMES["split_indices"](NAMES["imbalanced_indices"](labels, NAMES["RATIOS"]), NAMES["SEED"])
    images, labels = images.to(device), labels.to(device)
    for criterion in criteria(device):
        network = NAMES["make_network"](0).to(device)
        NAMES["train"](network, criterion, images, labels, train, validation, epochs=epochs, patience=epochs)


def train_lecture(folder: Path, device: str, epochs: int) -> None:
    """Train the same networks in a loop over a DataLoader."""
    prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    files = datasets.ImageFolder(str(folder / "train"), prepare)
    assert files.classes == NAMES["CLASS_NAMES"], f"{folder / 'train'} has other classes: {files.classes}"
    used = NAMES["imbalanced_indices"](torch.tensor(files.targets), RATIOS.tolist())
    train, validation = (
        DataLoader(Subset(files, part.tolist()), batch_size=NAMES["BATCH_SIZE"], shuffle=shuffle)
        for part, shuffle in zip(NAMES["split_indices"](used, NAMES["SEED"]), (True, False), strict=True)
    )
    for criterion in criteria(device):
        network = NAMES["make_network"](0).to(device)
        optimizer = torch.optim.SGD(network.parameters(), lr=NAMES["LEARNING_RATE"])
        for _ in range(epochs):
            network.train()
            total = 0.0
            for images, labels in train:
                loss = criterion(network(images.to(device)), labels.to(device))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()
            network.eval()
            with torch.no_grad():
                for images, labels in validation:
                    total += criterion(network(images.to(device)), labels.to(device)).item()


def seconds(work: Callable[..., object], *arguments: Any) -> float:
    """Wall-clock seconds until the device has finished."""
    start = time.perf_counter()
    work(*arguments)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def trusted_runs(prepared: Path, device: str) -> list[float]:
    """Seconds of the trusted runs of two answers; the first includes the transfer of the images to the device."""
    with tempfile.TemporaryDirectory() as memo:
        file = str(prepared)
        run = WeightedRun(SOURCE.read_bytes(), file, file, prepared.name, CIFAR10, Path(memo), device)
        return [seconds(run.trained, WEIGHTS[name]) for name in RUNS]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.gpu")
    parser.add_argument("prepared", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--epochs", type=int, default=100)
    options = parser.parse_args()
    with one_thread():
        seconds(train_ours, options.prepared, options.device, 1)  # warm-up: CUDA, its kernels, the file cache
        seconds(train_lecture, options.folder, options.device, 1)
        first, second = trusted_runs(options.prepared, options.device)
        fast = seconds(train_ours, options.prepared, options.device, options.epochs)
        slow = seconds(train_lecture, options.folder, options.device, options.epochs)
    name = torch.cuda.get_device_name() if options.device.startswith("cuda") else platform.processor() or "CPU"
    table = Table(box=box.MARKDOWN)
    for heading in (f"{name}, PyTorch {torch.__version__}", "measured", "target"):
        table.add_column(heading)
    table.add_row(f"unweighted and weighted, epochs {options.epochs} each: ours", f"{fast:.2f} s", "")
    table.add_row("the lecture's", f"{slow:.2f} s", "")
    table.add_row("times faster", f"{slow / fast:.1f}", f"≥ {TARGET_SPEEDUP}")
    table.add_row(f"trusted run, {CIFAR10.epochs} epochs", f"{second:.2f} s", f"≤ {TARGET_SECONDS} s")
    table.add_row("the first of a process, including the transfer of the images", f"{first:.2f} s", "")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
