"""Write and read prepared image files for task 3: one array of records (image, label, test), memory-mapped.

The manifest of `cifar10.npy` is `cifar10.json`: source, counts, SHA-256. A file without a manifest is incomplete.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from grader.assignments.loss_functions.training.image_folder import CLASSES, SPLITS, Key, decode, members, one_line
from grader.checking.atomic import atomic_file, sync_folder
from grader.checking.wording import gettext
from grader.errors import UserError

RECORD = np.dtype([("image", np.uint8, (3, 32, 32)), ("label", np.uint8), ("test", np.bool_)])
TRAIN_COUNTS = (1500, 1000, 500, 500, 250, 250, 250, 250, 250, 250)  # contract: int(5000 × ratio) of each class
TEST_COUNT = 200  # images of each class
CIFAR10_COUNTS = (5000, 1000)  # training and test images of each class
CIFAR10_IMAGES = sum(CIFAR10_COUNTS) * len(CLASSES)
STAND_IN_NAME = "stand-in.npy"
FOLDER, TORCHVISION, GENERATED = "image folder", "torchvision CIFAR10", "generated stand-in"
Advance = Callable[[int], object]  # for a progress bar: called with the number of new images


@dataclass(frozen=True)
class Manifest:
    """The description of a prepared file. Deterministic: the same images have the same manifest on every machine.

    train, test: images of each class. bytes: the file's size. sha256: of the file.
    """

    source: str
    classes: list[str]
    train: dict[str, int]
    test: dict[str, int]
    bytes: int
    sha256: str
    created_by: str


def from_folder(
    source: Path, path: Path, counts: tuple[int, int] = CIFAR10_COUNTS, advance: Advance = lambda n: None
) -> Manifest:
    """Prepare `path` from a folder or tar file of `train/<class>/*.jpg|png` and `test/…`.

    counts: training and test images that each class must have. Raises UserError.
    """
    expected = counts * len(CLASSES)
    pixels = np.empty((sum(expected), 3, 32, 32), np.uint8)
    rows: dict[Key, int] = {}  # key → row of `pixels`
    found: Counter[tuple[int, int]] = Counter()
    for (test, label, name), shown, data in members(source):
        if (test, label, name) in rows:
            raise UserError(f"{shown} is there twice in {source}.")
        found[test, label] += 1
        if found[test, label] <= counts[test]:  # further images are counted, not decoded
            pixels[len(rows)] = decode(data, f"{shown} in {source}")
            rows[test, label, name] = len(rows)
            advance(1)
    if not found:
        raise UserError(f"No images in {source}: expected train/<class>/*.jpg or *.png, and test/<class>/… likewise.")
    wrong = [(t, c) for t in range(2) for c in range(len(CLASSES)) if found[t, c] != counts[t]]
    if wrong:
        (test, label), others = wrong[0], len(wrong) - 1
        more = f" (and {others} more wrong)" if others else ""
        which = f"{SPLITS[test]}/{CLASSES[label]}"
        raise UserError(f"{which} has {found[test, label]:,} images, expected {counts[test]:,}{more}: {source}")
    order = sorted(rows)
    labels, tests = np.array([key[1] for key in order]), np.array([key[0] for key in order])
    return _write(path, pixels, np.array([rows[key] for key in order]), labels, tests, FOLDER)


def from_torchvision(root: Path, path: Path) -> Manifest:
    """Prepare `path` from torchvision's CIFAR10, which it downloads to `root` and verifies (MD5). Raises UserError."""
    from torchvision.datasets import CIFAR10

    try:
        sets = [CIFAR10(root, train=train, download=True) for train in (True, False)]
    except Exception as error:  # torchvision has no exceptions of its own for network, checksum or disk errors
        hint = "Where you have the images otherwise: python -m grader data folder PATH."
        raise UserError(f"torchvision could not get CIFAR-10 into {root}: {one_line(error)}. {hint}") from None
    pixels = np.concatenate([part.data for part in sets]).transpose(0, 3, 1, 2)
    labels = np.concatenate([np.array(part.targets) for part in sets])
    tests = np.repeat(range(2), [len(part.targets) for part in sets])
    order = np.lexsort((labels, tests))  # a stable sort: within a class in torchvision's order
    return _write(path, pixels, order, labels[order], tests[order], TORCHVISION)


def stand_in(path: Path, again: bool = False) -> Path:
    """Generate the stand-in images at `path` (22 MB, 1 s) unless they are complete; → `path`.

    again: generate them even if they are complete. Raises UserError.
    """
    if again or manifest_of(path) is None:
        parts = [stripes(TRAIN_COUNTS, seed=1), stripes((TEST_COUNT,) * 10, seed=2)]
        pixels, labels = (np.concatenate(both) for both in zip(*parts, strict=True))
        tests = np.repeat(range(2), [len(part[1]) for part in parts])
        _write(path, pixels, np.arange(len(labels)), labels, tests, GENERATED)
    return path


def stripes(counts: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, 3, 32, 32] and labels [N]: a class is a direction of stripes; directions are 18 degrees apart.

    The difficulty is chosen so that three epochs learn the rare classes with weights, and do not without.
    """
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(10), counts)
    n = len(labels)

    def uniform(low: float, high: float, channels: int = 1) -> np.ndarray:
        return random.uniform(low, high, (n, channels, 1, 1)).astype(np.float32)

    y, x = np.mgrid[:32, :32].astype(np.float32) / 32
    slot = np.array([0, 5, 2, 7, 1, 3, 4, 6, 8, 9])[labels]  # every rare class has a common neighbour; 0 to 3 are apart
    angle = np.deg2rad(18.0 * slot + 10.0 * random.standard_normal(n)).astype(np.float32).reshape(n, 1, 1, 1)
    waves = 4.0 * uniform(0.8, 1.25)
    stripe = np.sin(2 * np.pi * (waves * (x * np.cos(angle) + y * np.sin(angle)) + uniform(0, 1)))
    pixels = uniform(0.3, 0.7, 3) + 0.25 * uniform(0.3, 1, 3) * stripe
    pixels += 0.2 * random.standard_normal((n, 3, 32, 32), dtype=np.float32)
    return (pixels.clip(0, 1) * 255).astype(np.uint8), labels


def prepared(build: Path) -> Path:
    """Path of the images that grading uses: CIFAR-10 if prepared, else the stand-in, generated if necessary."""
    cifar10 = build / "cifar10.npy"
    return cifar10 if manifest_of(cifar10) else stand_in(build / STAND_IN_NAME)


def describe(path: Path) -> str:
    """One line on a prepared file, for the instructor; never raises."""
    manifest = manifest_of(path)
    if manifest is None:
        return f"{path.name} (no manifest)"
    if manifest.source == GENERATED:
        return "stand-in images (generated)"
    return f"CIFAR-10 ({manifest.source}, sha256 {str(manifest.sha256)[:12]}…)"


def describe_to_students(path: Path) -> str:
    """One line on a prepared file, in the student's language; never raises."""
    manifest = manifest_of(path)
    if manifest is None:
        return gettext("{file}（準備の記録なし）").format(file=path.name)
    if manifest.source == GENERATED:
        return gettext("自動生成した代用の画像")
    source = gettext("画像フォルダー") if manifest.source == FOLDER else manifest.source
    return gettext("CIFAR-10（{source}、SHA-256 {digest}…）").format(source=source, digest=str(manifest.sha256)[:12])


def manifest_of(path: Path) -> Manifest | None:
    """The manifest of a file; None if either is missing or invalid, or the sizes differ. Never raises."""
    try:
        manifest = Manifest(**json.loads(_manifest_path(path).read_bytes()))
        return manifest if path.stat().st_size == manifest.bytes else None
    except (OSError, ValueError, TypeError):
        return None


def load(path: Path) -> np.ndarray:
    """The records of a file, memory-mapped, read-only. Raises UserError for an incomplete file."""
    if manifest_of(path) is None:
        raise UserError(f"{path} is missing or incomplete: prepare it with `python -m grader data`.")
    try:
        records: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}") from None
    if records.dtype != RECORD or records.ndim != 1:
        raise UserError(f"{path} holds no prepared images.")
    return records


def verify(path: Path) -> Manifest:
    """Read every byte, and compare SHA-256 and counts with the manifest; → the manifest. Raises UserError."""
    records, manifest = load(path), manifest_of(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    counts = _counts(records["label"], records["test"])
    if manifest is None or digest != manifest.sha256 or counts != (manifest.train, manifest.test):
        raise UserError(f"{path} does not match its manifest (SHA-256 {digest[:12]}…): prepare it again.")
    return manifest


def _write(
    path: Path, pixels: np.ndarray, order: np.ndarray, labels: np.ndarray, tests: np.ndarray, source: str
) -> Manifest:
    """Write `path` and its manifest: the records of `pixels[order]`, labels, tests. Raises UserError.

    pixels: uint8 [N, 3, 32, 32]. order: indices [M]. labels, tests: [M], already in that order.
    Both files are first written under temporary names. Then the old manifest is removed, the file renamed, the manifest
    renamed: an interruption leaves the old pair, or a file without a manifest, which is incomplete. Plain writes,
    because a full disk under a memory-mapped file raises SIGBUS.
    """
    manifest_path = _manifest_path(path)
    try:
        with atomic_file(manifest_path, sync=True) as manifest_file, atomic_file(path, sync=True) as file:
            digest, size = hashlib.sha256(), 0
            for piece in _pieces(pixels, order, labels, tests):
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            by = f"loss-functions-grader {version('loss-functions-grader')}"
            train, test = _counts(labels, tests)
            manifest = Manifest(source, list(CLASSES), train, test, size, digest.hexdigest(), by)
            manifest_file.write((json.dumps(asdict(manifest), indent=1) + "\n").encode())
            for open_file in (file, manifest_file):  # detect a full disk before the old manifest is removed
                open_file.flush()
                os.fsync(open_file.fileno())
            manifest_path.unlink(missing_ok=True)
            sync_folder(path.parent)
        return manifest
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            need = RECORD.itemsize * len(order) / 1e6
            raise UserError(f"The disk is full: {path} takes {need:.0f} MB. Nothing was written.") from None
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None


def _pieces(pixels: np.ndarray, order: np.ndarray, labels: np.ndarray, tests: np.ndarray) -> Iterator[bytes]:
    """Yield the bytes of a .npy file of records, 4,096 images at a time."""
    header = io.BytesIO()
    shape = {"descr": np.lib.format.dtype_to_descr(RECORD), "fortran_order": False, "shape": order.shape}
    np.lib.format.write_array_header_1_0(header, shape)
    yield header.getvalue()
    for start in range(0, len(order), 4096):
        part = slice(start, start + 4096)
        records = np.empty(len(order[part]), RECORD)
        records["image"], records["label"], records["test"] = pixels[order[part]], labels[part], tests[part]
        yield records.tobytes()


def _counts(labels: np.ndarray, tests: np.ndarray) -> tuple[dict[str, int], dict[str, int]]:
    train, test = (np.bincount(labels[tests == t], minlength=len(CLASSES)).tolist() for t in (0, 1))
    return dict(zip(CLASSES, train, strict=True)), dict(zip(CLASSES, test, strict=True))


def _manifest_path(path: Path) -> Path:
    return path.with_suffix(".json")
