"""Make small image folders and tar files of them, for tests of prepared image files."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from grader.assignments.loss_functions.training.image_folder import CLASSES, SPLITS

COUNTS = (2, 1)  # training and test images of each class


def picture(seed: int) -> np.ndarray:
    """Random pixels, uint8 [32, 32, 3]."""
    return np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def encoded(pixels: np.ndarray, form: str = "PNG") -> bytes:
    """An image file. form: a format of PIL."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def image_files() -> dict[str, bytes]:
    """Relative path → content of a complete folder. The seed of an image is 100 · test + 10 · label + position."""
    return {
        f"{split}/{name}/{position:04}.png": encoded(picture(100 * test + 10 * label + position))
        for test, split in enumerate(SPLITS)
        for label, name in enumerate(CLASSES)
        for position in range(COUNTS[test])
    }


def write_folder(root: Path, files: dict[str, bytes]) -> Path:
    """Write the files below `root`; → `root`."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def write_tar(path: Path, files: dict[str, bytes]) -> Path:
    """Write a tar of the files, compressed as the suffix says (.tar, .gz, .xz, .bz2); → `path`."""
    kind = path.suffix.removeprefix(".")
    with tarfile.open(path, "w" if kind == "tar" else f"w:{kind}") as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def file_names(folder: Path) -> list[str]:
    """Sorted names in a folder; empty if there is no such folder."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def file_and_manifest(path: Path) -> tuple[bytes, bytes]:
    """The content of a prepared file and of its manifest."""
    return path.read_bytes(), path.with_suffix(".json").read_bytes()


def stop(*_: object) -> None:
    """Imitate Ctrl-C."""
    raise KeyboardInterrupt
