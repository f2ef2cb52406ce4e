"""`python -m grader data cifar10 | folder | stand-in | show`: prepare the images that task 3 is graded on."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignments.loss_functions.training import images

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

CIFAR10_NAME = "cifar10.npy"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the four commands; see `Assignment.add_data_commands`."""
    for name, run, help_text in (
        ("cifar10", cifar10, "CIFAR-10, downloaded and verified by torchvision"),
        ("folder", folder, "CIFAR-10 as an image folder or a tar of one: train/<class>/*.jpg|png, test/<class>/…"),
        ("stand-in", stand_in, "generated images, which grading makes by itself where there is nothing else"),
        ("show", show, "what is prepared; verifies SHA-256"),
    ):
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.set_defaults(run=run)
        if run is folder:
            command.add_argument("path", type=Path, metavar="PATH", help="folder, .tar, .tar.gz or .tar.xz")
        if run is cifar10:
            where = "where torchvision keeps its download (default: build/torchvision in the course's folder)"
            command.add_argument("--download-root", type=Path, metavar="DIR", help=where)


def cifar10(options: argparse.Namespace, build: Path, console: Console) -> Iterator[RenderableType]:
    """Prepare CIFAR-10 from torchvision's download; yields one line. Raises UserError."""
    path = build / CIFAR10_NAME
    images.from_torchvision(options.download_root or build / "torchvision", path)
    yield _prepared(path)


def folder(options: argparse.Namespace, build: Path, console: Console) -> Iterator[RenderableType]:
    """Prepare CIFAR-10 from a folder or tar file; yields one line. Raises UserError."""
    from rich.progress import Progress  # imported here: every nbgrader command imports this module

    path = build / CIFAR10_NAME
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("images", total=images.CIFAR10_IMAGES)
        images.from_folder(options.path, path, advance=lambda n: progress.advance(task, n))
    yield _prepared(path)


def stand_in(options: argparse.Namespace, build: Path, console: Console) -> Iterator[RenderableType]:
    """Generate the stand-in images; yields one line. Raises UserError."""
    yield _prepared(images.stand_in(build / images.STAND_IN_NAME, again=True))


def show(options: argparse.Namespace, build: Path, console: Console) -> Iterator[RenderableType]:
    """Verify each prepared file; yields a table of its counts, and the file that grading uses.

    Raises UserError for an incomplete or damaged file.
    """
    from rich.table import Column, Table

    there = [path for name in (CIFAR10_NAME, images.STAND_IN_NAME) if (path := build / name).exists()]
    for path in there:
        manifest = images.verify(path)
        yield f"{os.path.relpath(path)}: {images.describe(path)}"
        table = Table(Column("class", footer="all"), show_footer=True)
        for split, counts in (("train", manifest.train), ("test", manifest.test)):
            table.add_column(split, justify="right", footer=f"{sum(counts.values()):,}")
        for name in manifest.classes:
            table.add_row(name, f"{manifest.train[name]:,}", f"{manifest.test[name]:,}")
        yield table
        yield f"SHA-256 verified: {manifest.sha256}\n"
    used = os.path.relpath(there[0]) if there else "the stand-in, made when it is needed"
    yield f"Grading uses {used}."


def _prepared(path: Path) -> str:
    return f"{os.path.relpath(path)}: {images.describe(path)}, {path.stat().st_size / 1e6:.0f} MB"
