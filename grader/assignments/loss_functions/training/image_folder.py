"""Read the images of a folder or a tar file, `train/<class>/*.jpg|png` and `test/…`.

Nothing is unpacked to disk. The input is not trusted: a file that is too large, broken or misplaced raises UserError.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from grader.errors import UserError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SPLITS = ("train", "test")
SUFFIXES = {".jpg", ".jpeg", ".png"}
MAX_IMAGE_BYTES = 1 << 20
MODES = {"RGB", "RGBA", "L", "LA", "P", "1"}  # lossless to convert to RGB; 16-bit modes would be clipped

Key = tuple[int, int, str]  # 0 (train) or 1 (test), label, file name


def members(source: Path) -> Iterator[tuple[Key, str, bytes]]:
    """Yields for each image its key, its path for messages, and its bytes. A tar file is streamed. Raises UserError."""
    if source.is_dir():
        yield from _in_folder(source)
    elif source.is_file():
        yield from _in_tar(source)
    else:
        raise UserError(f"{source} is neither a folder nor a tar file.")


def decode(data: bytes, shown: str) -> np.ndarray:
    """→ uint8 [3, 32, 32]. Size and mode are checked in the header, before decoding. shown: for messages.

    Raises UserError.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.size != (32, 32) or image.mode not in MODES:
                width, height = image.size
                raise UserError(f"{shown} is {width}×{height} {image.mode}, expected 32×32 RGB with 8 bits a channel.")
            return np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    except UserError:
        raise
    except Exception as error:  # PIL raises many kinds of exceptions for broken files
        raise UserError(f"{shown} is broken: {one_line(error)}") from None


def one_line(said: object) -> str:
    """An error or a name on one line, without control characters, at most 200 characters."""
    text = " ".join(str(said).split()) or type(said).__name__
    return "".join(c if c.isprintable() else "?" for c in text)[:200]


def _in_folder(source: Path) -> Iterator[tuple[Key, str, bytes]]:
    for path in sorted(found for split in SPLITS for found in (source / split).glob("*/*")):
        name = PurePosixPath(path.relative_to(source))
        if (key := _key(name)) and path.is_file():
            try:
                with path.open("rb") as file:
                    yield key, one_line(name), _bounded(file.read(MAX_IMAGE_BYTES + 1), name)
            except OSError as error:
                raise UserError(f"{one_line(name)} cannot be read: {one_line(error)}") from None


def _in_tar(source: Path) -> Iterator[tuple[Key, str, bytes]]:
    try:
        with tarfile.open(source, "r|*") as tar:
            for member in tar:
                name = PurePosixPath(member.name)
                if member.isreg() and (key := _key(name)) and (file := tar.extractfile(member)) is not None:
                    yield key, one_line(name), _bounded(file.read(MAX_IMAGE_BYTES + 1), name)
    except UserError:
        raise
    except Exception as error:  # from tarfile, lzma, zlib, bz2 or the operating system
        raise UserError(f"{source} is no tar file that can be read to its end: {one_line(error)}") from None


def _key(name: PurePosixPath) -> Key | None:
    """The key of `…/train/bird/0001.jpg`; None for other files. Raises UserError for an image of an unknown class."""
    split, folder = name.parts[-3:-1] if len(name.parts) > 2 else ("", "")
    if split not in SPLITS or name.suffix.lower() not in SUFFIXES or name.name.startswith("."):
        return None
    if folder in CLASSES:
        return SPLITS.index(split), CLASSES.index(folder), name.name
    if folder in {str(label) for label in range(len(CLASSES))}:
        return SPLITS.index(split), int(folder), name.name
    raise UserError(f"{one_line(name)}: its folder is none of {', '.join(CLASSES)} or 0 to 9.")


def _bounded(data: bytes, name: PurePosixPath) -> bytes:
    if len(data) > MAX_IMAGE_BYTES:
        raise UserError(f"{one_line(name)} has more than {MAX_IMAGE_BYTES:,} bytes: no image of 32×32.")
    return data
