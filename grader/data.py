"""Prepared image files for task 3: one array of records (image, label, test), memory-mapped by whoever reads it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

RECORD = np.dtype([("image", np.uint8, (3, 32, 32)), ("label", np.uint8), ("test", np.bool_)])
TRAIN_COUNTS = (1500, 1000, 500, 500, 250, 250, 250, 250, 250, 250)  # contract: int(5000 × ratio) of each class
TEST_COUNT = 200  # of each class


def stripes(counts: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, 3, 32, 32] and labels [N]: the class is the direction of stripes, 18 degrees apart.

    Hard enough that rare classes are not learned in three unweighted epochs, easy enough that a weighted run sees them.
    """
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(10), counts)
    n = len(labels)

    def uniform(low: float, high: float, channels: int = 1) -> np.ndarray:
        return random.uniform(low, high, (n, channels, 1, 1)).astype(np.float32)

    y, x = np.mgrid[:32, :32].astype(np.float32) / 32
    slot = np.array([0, 5, 2, 7, 1, 3, 4, 6, 8, 9])[labels]  # every rare class lies next to another; 0–3 spread out
    angle = np.deg2rad(18.0 * slot + 10.0 * random.standard_normal(n)).astype(np.float32).reshape(n, 1, 1, 1)
    waves = 4.0 * uniform(0.8, 1.25)
    stripe = np.sin(2 * np.pi * (waves * (x * np.cos(angle) + y * np.sin(angle)) + uniform(0, 1)))
    pixels = uniform(0.3, 0.7, 3) + 0.25 * uniform(0.3, 1, 3) * stripe
    pixels += 0.2 * random.standard_normal((n, 3, 32, 32), dtype=np.float32)
    return (pixels.clip(0, 1) * 255).astype(np.uint8), labels


def stand_in(path: Path) -> Path:
    """Make the stand-in images at `path` (22 MB, one second) unless they are there; → `path`.

    Written beside it and renamed, so that an interruption leaves nothing half-made.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        parts = [(stripes(TRAIN_COUNTS, seed=1), False), (stripes((TEST_COUNT,) * 10, seed=2), True)]
        records = np.empty(sum(len(labels) for (_, labels), _ in parts), dtype=RECORD)
        start = 0
        for (images, labels), test in parts:
            part = records[start : start + len(labels)]
            part["image"], part["label"], part["test"] = images, labels, test
            start += len(labels)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        with unfinished.open("wb") as file:
            np.save(file, records)
        unfinished.replace(path)
    return path
