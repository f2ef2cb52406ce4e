"""Preparing images from a folder, a tar file or torchvision's download: the content, and one line for each error."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import CIFAR10

from grader.assignments.loss_functions.training import images as data
from grader.assignments.loss_functions.training.image_folder import CLASSES, SPLITS
from grader.checking.solution import definitions
from grader.errors import UserError
from grader.nbgrader_plugin.course import PROJECT
from tests.helpers.image_folders import (
    COUNTS,
    encoded,
    file_and_manifest,
    file_names,
    image_files,
    picture,
    write_folder,
    write_tar,
)

pytestmark = pytest.mark.usefixtures("no_fsync")


# The content of a prepared file


def test_records_are_ordered_by_split_class_and_file_name(source: Path, target: Path) -> None:
    data.from_folder(source, target, COUNTS)
    records = data.load(target)
    assert isinstance(records, np.memmap)
    assert not records.flags.writeable
    assert records.dtype == data.RECORD
    assert records["test"].tolist() == [False] * 20 + [True] * 10
    assert records["label"].tolist() == [c for c in range(10) for _ in range(2)] + list(range(10))
    seeds = [10 * c + position for c in range(10) for position in range(2)] + [100 + 10 * c for c in range(10)]
    for record, seed in zip(records, seeds, strict=True):
        assert np.array_equal(record["image"], picture(seed).transpose(2, 0, 1))


def test_the_manifest_describes_the_content_and_not_the_machine(source: Path, target: Path) -> None:
    manifest = data.from_folder(source, target, COUNTS)
    assert json.loads(target.with_suffix(".json").read_text()) == {
        "source": "image folder",
        "classes": list(CLASSES),
        "train": dict.fromkeys(CLASSES, 2),
        "test": dict.fromkeys(CLASSES, 1),
        "bytes": target.stat().st_size,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "created_by": manifest.created_by,
    }
    assert manifest.created_by.startswith("loss-functions-grader ")
    assert manifest == data.manifest_of(target) == data.verify(target)


@pytest.mark.parametrize("name", ["i.tar", "i.gz", "i.xz", "i.bz2"])
def test_a_tar_in_any_order_gives_the_same_bytes_as_the_folder(
    source: Path, target: Path, tmp_path: Path, name: str
) -> None:
    data.from_folder(source, target, COUNTS)
    backwards = {f"./cifar10/{name}": content for name, content in reversed(image_files().items())}
    other = tmp_path / "other" / "cifar10.npy"
    data.from_folder(write_tar(tmp_path / name, backwards), other, COUNTS)
    assert file_and_manifest(other) == file_and_manifest(target)


def test_folders_may_be_named_by_label(source: Path, target: Path, tmp_path: Path) -> None:
    data.from_folder(source, target, COUNTS)
    numbered = tmp_path / "numbered"
    for split in SPLITS:
        for label, name in enumerate(CLASSES):
            shutil.copytree(source / split / name, numbered / split / str(label))
    other = tmp_path / "other" / "cifar10.npy"
    data.from_folder(numbered, other, COUNTS)
    assert file_and_manifest(other) == file_and_manifest(target)


def test_grey_and_transparent_images_and_jpegs_become_rgb(source: Path, target: Path) -> None:
    grey, alpha, jpeg = picture(1)[:, :, 0], np.dstack([picture(2), picture(3)[:, :, :1]]), picture(4)
    (source / "train/airplane/0000.png").write_bytes(encoded(grey))
    (source / "train/airplane/0001.png").write_bytes(encoded(alpha))
    (source / "train/automobile/0000.png").write_bytes(encoded(jpeg, "JPEG"))  # the content decides, not the name
    data.from_folder(source, target, COUNTS)
    images = data.load(target)["image"]
    assert np.array_equal(images[0], np.stack([grey] * 3))
    assert np.array_equal(images[1], picture(2).transpose(2, 0, 1))
    with Image.open(io.BytesIO(encoded(jpeg, "JPEG"))) as image:
        assert np.array_equal(images[2], np.asarray(image).transpose(2, 0, 1))


def test_other_files_links_and_devices_are_skipped(target: Path, tmp_path: Path, source: Path) -> None:
    data.from_folder(source, target, COUNTS)
    noise = {
        "train/bird/._0000.png": b"macOS creates such a file beside each file",
        "train/bird/.0003.png": b"",
        "train/notes.txt": b"",
        "train/bird/notes.txt": b"",
        "validation/bird/0000.png": b"",
        "train/0000.png": b"",
        "README.png": b"",
    }
    archive = write_tar(tmp_path / "i.tar", {**noise, **image_files()})
    with tarfile.open(archive, "a") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            member = tarfile.TarInfo("train/bird/0009.png")
            member.type, member.linkname = kind, "0000.png"
            tar.addfile(member)
    for number, noisy in enumerate((archive, write_folder(tmp_path / "noisy", {**noise, **image_files()}))):
        other = tmp_path / str(number) / "cifar10.npy"
        data.from_folder(noisy, other, COUNTS)
        assert file_and_manifest(other) == file_and_manifest(target)


def test_the_students_notebook_can_load_it(source: Path, target: Path) -> None:
    data.from_folder(source, target, COUNTS)
    notebook = (PROJECT / "source" / "loss_functions" / "imbalanced_cifar10.ipynb").read_bytes()
    train_images, train_labels, test_images, test_labels = definitions(notebook)["load_images"](str(target))
    assert (train_images.shape, test_images.shape) == ((20, 3, 32, 32), (10, 3, 32, 32))
    assert train_labels.tolist() == [c for c in range(10) for _ in range(2)]
    assert test_labels.tolist() == list(range(10))
    assert np.array_equal(test_images[9].numpy(), picture(190).transpose(2, 0, 1))


def test_progress_counts_every_image(source: Path, target: Path) -> None:
    steps: list[int] = []
    data.from_folder(source, target, COUNTS, steps.append)
    assert sum(steps) == 30


# Errors in a folder or a tar: each function below makes one


def drop(files: dict[str, bytes]) -> None:
    del files["train/cat/0001.png"]


def drop_from_two_classes(files: dict[str, bytes]) -> None:
    del files["train/cat/0001.png"], files["test/truck/0000.png"]


def one_more(files: dict[str, bytes]) -> None:
    files["test/ship/x.png"] = encoded(picture(5))


def empty(files: dict[str, bytes]) -> None:
    files.clear()


def unknown_class(files: dict[str, bytes]) -> None:
    files["train/catt/0000.png"] = encoded(picture(5))


def broken(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = b"\xff\xd8 no image"


def truncated_png(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = files["train/cat/0001.png"][:2000]


def truncated_jpeg(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = encoded(picture(5), "JPEG")[:-100]


def gif(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = encoded(picture(5), "GIF")


def another_size(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = encoded(picture(5)[:, :31])


def sixteen_bits(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = encoded(picture(5)[:, :, 0].astype(np.uint16) * 256)


def huge_header(files: dict[str, bytes]) -> None:
    """A small PNG whose header says 50,000 × 50,000."""
    png = bytearray(encoded(picture(5)))
    png[16:24] = (50_000).to_bytes(4, "big") * 2
    files["train/cat/0001.png"] = bytes(png)


def too_many_bytes(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] += bytes(1 << 20)


def line_break(files: dict[str, bytes]) -> None:
    files["train/cat/00\n\x1b[31m01.png"] = files.pop("train/cat/0001.png")[:100]


ERRORS: dict[Callable[[dict[str, bytes]], None], str] = {
    drop: r"^train/cat has 1 images, expected 2: .*images",
    drop_from_two_classes: r"^train/cat has 1 images, expected 2 \(and 1 more wrong\): .*images",
    one_more: r"^test/ship has 2 images, expected 1: .*images",
    empty: r"^No images in .*images",
    unknown_class: r"train/catt/0000\.png: its folder is none of airplane, .* truck or 0 to 9",
    broken: r"train/cat/0001\.png in .*images\S* is broken: ",
    truncated_png: r"train/cat/0001\.png in .*images\S* is broken: ",
    truncated_jpeg: r"train/cat/0001\.png in .*images\S* is broken: ",
    gif: r"train/cat/0001\.png in .*images\S* is broken: ",
    another_size: r"train/cat/0001\.png in .*images\S* is 31×32 RGB, expected 32×32",
    sixteen_bits: r"train/cat/0001\.png in .*images\S* is 32×32 I;16, expected 32×32",
    huge_header: r"train/cat/0001\.png in .*images\S* is (50000×50000|broken)",
    too_many_bytes: r"train/cat/0001\.png has more than 1,048,576 bytes",
    line_break: r"train/cat/00 \?\[31m01\.png in .*images\S* is broken: ",
}


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "tar"])
@pytest.mark.parametrize("make_error", ERRORS, ids=lambda make_error: make_error.__name__)
def test_an_error_is_one_printable_line_and_nothing_is_written(
    tmp_path: Path, target: Path, make_error: Callable[[dict[str, bytes]], None], packed: bool
) -> None:
    files = image_files()
    make_error(files)
    source = write_tar(tmp_path / "images.xz", files) if packed else write_folder(tmp_path / "images", files)
    if not packed:
        source.mkdir(exist_ok=True)
    with pytest.raises(UserError, match=ERRORS[make_error]) as raised:
        data.from_folder(source, target, COUNTS)
    assert str(raised.value).isprintable()
    assert not file_names(target.parent)


def test_the_same_image_twice_is_an_error(target: Path, tmp_path: Path) -> None:
    files = {"again/train/bird/0001.png": encoded(picture(5)), **image_files()}
    with pytest.raises(UserError, match=r"train/bird/0001\.png is there twice"):
        data.from_folder(write_tar(tmp_path / "i.tar", files), target, COUNTS)


def test_images_beyond_the_expected_number_are_counted_and_not_decoded(tmp_path: Path, target: Path) -> None:
    files = image_files() | {f"test/ship/x{n}.png": b"never decoded" for n in range(50)}
    with pytest.raises(UserError, match="test/ship has 51 images, expected 1"):
        data.from_folder(write_tar(tmp_path / "i.tar", files), target, COUNTS)


@pytest.mark.parametrize("kind", ["tar", "gz", "xz", "bz2"])
def test_a_truncated_archive_is_an_error(tmp_path: Path, target: Path, kind: str) -> None:
    whole = write_tar(tmp_path / f"whole.{kind}", image_files()).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cut is no tar file that can be read to its end: |expected"):
        data.from_folder(tmp_path / "cut", target, COUNTS)
    assert not file_names(target.parent)


def test_a_text_file_and_a_missing_path_are_errors(tmp_path: Path, target: Path) -> None:
    (tmp_path / "text").write_text("no archive" * 1000)
    with pytest.raises(UserError, match="text is no tar file"):
        data.from_folder(tmp_path / "text", target, COUNTS)
    with pytest.raises(UserError, match="nowhere is neither a folder nor a tar file"):
        data.from_folder(tmp_path / "nowhere", target, COUNTS)


# torchvision


def test_torchvision_images_keep_their_order_within_a_class(download: Path, target: Path) -> None:
    manifest = data.from_torchvision(download, target)
    records = data.load(target)
    assert records["label"].tolist() == [0, 1, 1, 0, 9]
    assert records["test"].tolist() == [False] * 3 + [True] * 2
    for record, seed in zip(records, [2, 1, 3, 5, 4], strict=True):
        assert np.array_equal(record["image"], picture(seed).transpose(2, 0, 1))
    assert data.verify(target) == manifest
    assert data.describe(target).startswith("CIFAR-10 (torchvision CIFAR10, sha256 ")


def test_a_damaged_download_is_one_printable_line(download: Path, target: Path) -> None:
    (download / CIFAR10.base_folder / "one").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"torchvision could not get CIFAR-10 into .*download: .*data folder") as raised:
        data.from_torchvision(download, target)
    assert str(raised.value).isprintable()
    assert not file_names(target.parent)
