"""Write files atomically: a reader sees the old content or the new one, and a killed process leaves neither in part."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_file(path: Path, *, sync: bool = False) -> Iterator[BinaryIO]:
    """A file beside `path` to write to, renamed to `path` at the end, or removed after an exception.

    Makes the folder, and removes what killed processes have left there. sync: content and name are on the disk when
    this returns, in this order. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{path.name}.*"):
        if leftover.suffix[1:].isdigit() and not Path(f"/proc/{leftover.suffix[1:]}").exists():
            leftover.unlink(missing_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
        if sync:
            sync_folder(path.parent)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def atomic_write(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, see `atomic_file`. Raises OSError."""
    with atomic_file(path) as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def sync_folder(folder: Path) -> None:
    """Renames and removals in this folder are on the disk when this returns. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
