"""Preparing images: whole or not at all, the same bytes from the same images, one line for whatever is wrong."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import CIFAR10

from grader.cli.main import main
from grader.assignments.loss_functions.training import image_folder
from grader.assignments.loss_functions.training import images as data
from grader.assignments.loss_functions.training.image_folder import CLASSES
from grader.checking.solution import definitions
from grader.errors import UserError
from grader.nbgrader_plugin.course import PROJECT

COUNTS = (2, 1)  # training and test images of each class


def picture(value: int) -> np.ndarray:
    """uint8 [32, 32, 3], another one for each value."""
    return np.random.default_rng(value).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def encoded(pixels: np.ndarray, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def image_files() -> dict[str, bytes]:
    """Relative name → bytes of a whole folder; the value of an image is 100 × test + 10 × class + its place."""
    return {
        f"{split}/{name}/{place:04}.png": encoded(picture(100 * test + 10 * label + place))
        for test, split in enumerate(image_folder.SPLITS)
        for label, name in enumerate(CLASSES)
        for place in range(COUNTS[test])
    }


def folder_of(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def tar_of(path: Path, files: dict[str, bytes]) -> Path:
    kind = path.suffix.removeprefix(".")
    with tarfile.open(path, "w" if kind == "tar" else f"w:{kind}") as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def state(path: Path) -> tuple[bytes, bytes]:
    return path.read_bytes(), path.with_suffix(".json").read_bytes()


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "images", image_files())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "build" / "cifar10.npy"


# What is in a prepared file


def test_training_images_come_first_by_class_and_file_name(source: Path, path: Path) -> None:
    data.from_folder(source, path, COUNTS)
    records = data.load(path)
    assert isinstance(records, np.memmap)
    assert not records.flags.writeable
    assert records.dtype == data.RECORD
    assert records["test"].tolist() == [False] * 20 + [True] * 10
    assert records["label"].tolist() == [c for c in range(10) for _ in range(2)] + list(range(10))
    values = [10 * c + place for c in range(10) for place in range(2)] + [100 + 10 * c for c in range(10)]
    for record, value in zip(records, values, strict=True):
        assert np.array_equal(record["image"], picture(value).transpose(2, 0, 1))


def test_the_manifest_says_what_the_file_holds_and_nothing_of_the_machine(source: Path, path: Path) -> None:
    manifest = data.from_folder(source, path, COUNTS)
    assert json.loads(path.with_suffix(".json").read_text()) == {
        "source": "image folder",
        "classes": list(CLASSES),
        "train": dict.fromkeys(CLASSES, 2),
        "test": dict.fromkeys(CLASSES, 1),
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "created_by": manifest.created_by,
    }
    assert manifest.created_by.startswith("loss-functions-grader ")
    assert manifest == data.manifest_of(path) == data.verify(path)


@pytest.mark.parametrize("name", ["i.tar", "i.gz", "i.xz", "i.bz2"])
def test_a_tar_in_any_order_gives_the_same_bytes_as_the_folder(
    source: Path, path: Path, tmp_path: Path, name: str
) -> None:
    data.from_folder(source, path, COUNTS)
    backwards = {f"./cifar10/{name}": content for name, content in reversed(image_files().items())}
    other = tmp_path / "other" / "cifar10.npy"
    data.from_folder(tar_of(tmp_path / name, backwards), other, COUNTS)
    assert state(other) == state(path)


def test_folders_may_be_named_by_label(source: Path, path: Path, tmp_path: Path) -> None:
    data.from_folder(source, path, COUNTS)
    numbered = folder_of(tmp_path / "numbered", {})
    for split in image_folder.SPLITS:
        for label, name in enumerate(CLASSES):
            shutil.copytree(source / split / name, numbered / split / str(label))
    other = tmp_path / "other" / "cifar10.npy"
    data.from_folder(numbered, other, COUNTS)
    assert state(other) == state(path)


def test_grey_and_transparent_images_and_jpegs_become_rgb(source: Path, path: Path) -> None:
    grey, alpha, jpeg = picture(1)[:, :, 0], np.dstack([picture(2), picture(3)[:, :, :1]]), picture(4)
    (source / "train/airplane/0000.png").write_bytes(encoded(grey))
    (source / "train/airplane/0001.png").write_bytes(encoded(alpha))
    (source / "train/automobile/0000.png").write_bytes(encoded(jpeg, "JPEG"))  # its content counts, not its name
    data.from_folder(source, path, COUNTS)
    images = data.load(path)["image"]
    assert np.array_equal(images[0], np.stack([grey] * 3))
    assert np.array_equal(images[1], picture(2).transpose(2, 0, 1))
    with Image.open(io.BytesIO(encoded(jpeg, "JPEG"))) as image:
        assert np.array_equal(images[2], np.asarray(image).transpose(2, 0, 1))


def test_what_is_no_image_of_ours_is_passed_over(path: Path, tmp_path: Path, source: Path) -> None:
    data.from_folder(source, path, COUNTS)
    noise = {
        "train/bird/._0000.png": b"what macOS puts beside each file",
        "train/bird/.0003.png": b"",
        "train/notes.txt": b"",
        "train/bird/notes.txt": b"",
        "validation/bird/0000.png": b"",
        "train/0000.png": b"",
        "README.png": b"",
    }
    archive = tar_of(tmp_path / "i.tar", {**noise, **image_files()})
    with tarfile.open(archive, "a") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            member = tarfile.TarInfo("train/bird/0009.png")
            member.type, member.linkname = kind, "0000.png"
            tar.addfile(member)
    for number, noisy in enumerate((archive, folder_of(tmp_path / "noisy", {**noise, **image_files()}))):
        other = tmp_path / str(number) / "cifar10.npy"
        data.from_folder(noisy, other, COUNTS)
        assert state(other) == state(path)


def test_the_students_notebook_reads_it(source: Path, path: Path) -> None:
    data.from_folder(source, path, COUNTS)
    notebook = (PROJECT / "source" / "loss_functions" / "imbalanced_cifar10.ipynb").read_bytes()
    train_images, train_labels, test_images, test_labels = definitions(notebook)["load_images"](str(path))
    assert (train_images.shape, test_images.shape) == ((20, 3, 32, 32), (10, 3, 32, 32))
    assert train_labels.tolist() == [c for c in range(10) for _ in range(2)]
    assert test_labels.tolist() == list(range(10))
    assert np.array_equal(test_images[9].numpy(), picture(190).transpose(2, 0, 1))


def test_every_image_is_told_to_the_progress_bar(source: Path, path: Path) -> None:
    told: list[int] = []
    data.from_folder(source, path, COUNTS, told.append)
    assert sum(told) == 30


# What is wrong with the images


def drop(files: dict[str, bytes]) -> None:
    del files["train/cat/0001.png"]


def drop_two_classes(files: dict[str, bytes]) -> None:
    del files["train/cat/0001.png"], files["test/truck/0000.png"]


def one_more(files: dict[str, bytes]) -> None:
    files["test/ship/x.png"] = encoded(picture(5))


def empty(files: dict[str, bytes]) -> None:
    files.clear()


def unknown_class(files: dict[str, bytes]) -> None:
    files["train/catt/0000.png"] = encoded(picture(5))


def broken(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = b"\xff\xd8 no image"


def cut_png(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = files["train/cat/0001.png"][:2000]


def cut_jpeg(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = encoded(picture(5), "JPEG")[:-100]


def gif(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = encoded(picture(5), "GIF")


def another_size(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = encoded(picture(5)[:, :31])


def sixteen_bits(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] = encoded(picture(5)[:, :, 0].astype(np.uint16) * 256)


def huge_header(files: dict[str, bytes]) -> None:
    """A PNG of 50,000 × 50,000 in some bytes."""
    png = bytearray(encoded(picture(5)))
    png[16:24] = (50_000).to_bytes(4, "big") * 2
    files["train/cat/0001.png"] = bytes(png)


def too_many_bytes(files: dict[str, bytes]) -> None:
    files["train/cat/0001.png"] += bytes(1 << 20)


def line_break(files: dict[str, bytes]) -> None:
    files["train/cat/00\n\x1b[31m01.png"] = files.pop("train/cat/0001.png")[:100]


FLAWS: dict[Callable[[dict[str, bytes]], None], str] = {
    drop: r"^train/cat has 1 images, expected 2: .*images",
    drop_two_classes: r"^train/cat has 1 images, expected 2 \(and 1 more wrong\): .*images",
    one_more: r"^test/ship has 2 images, expected 1: .*images",
    empty: r"^No images in .*images",
    unknown_class: r"train/catt/0000\.png: its folder is none of airplane, .* truck or 0 to 9",
    broken: r"train/cat/0001\.png in .*images\S* is broken: ",
    cut_png: r"train/cat/0001\.png in .*images\S* is broken: ",
    cut_jpeg: r"train/cat/0001\.png in .*images\S* is broken: ",
    gif: r"train/cat/0001\.png in .*images\S* is broken: ",
    another_size: r"train/cat/0001\.png in .*images\S* is 31×32 RGB, expected 32×32",
    sixteen_bits: r"train/cat/0001\.png in .*images\S* is 32×32 I;16, expected 32×32",
    huge_header: r"train/cat/0001\.png in .*images\S* is (50000×50000|broken)",
    too_many_bytes: r"train/cat/0001\.png has more than 1,048,576 bytes",
    line_break: r"train/cat/00 \?\[31m01\.png in .*images\S* is broken: ",
}


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "tar"])
@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.__name__)
def test_a_flaw_is_one_line_and_nothing_is_written(
    tmp_path: Path, path: Path, flaw: Callable[[dict[str, bytes]], None], packed: bool
) -> None:
    files = image_files()
    flaw(files)
    source = tar_of(tmp_path / "images.xz", files) if packed else folder_of(tmp_path / "images", files)
    if not packed:
        source.mkdir(exist_ok=True)
    with pytest.raises(UserError, match=FLAWS[flaw]) as raised:
        data.from_folder(source, path, COUNTS)
    assert str(raised.value).isprintable()
    assert not left_in(path.parent)


def test_the_same_image_twice(path: Path, tmp_path: Path) -> None:
    files = {"again/train/bird/0001.png": encoded(picture(5)), **image_files()}
    with pytest.raises(UserError, match=r"train/bird/0001\.png is there twice"):
        data.from_folder(tar_of(tmp_path / "i.tar", files), path, COUNTS)


def test_no_memory_is_taken_for_images_beyond_the_expected_number(tmp_path: Path, path: Path) -> None:
    files = image_files() | {f"test/ship/x{n}.png": b"never decoded" for n in range(50)}
    with pytest.raises(UserError, match="test/ship has 51 images, expected 1"):
        data.from_folder(tar_of(tmp_path / "i.tar", files), path, COUNTS)


@pytest.mark.parametrize("kind", ["tar", "gz", "xz", "bz2"])
def test_an_archive_that_ends_early(tmp_path: Path, path: Path, kind: str) -> None:
    whole = tar_of(tmp_path / f"whole.{kind}", image_files()).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cut is no tar file that can be read to its end: |expected"):
        data.from_folder(tmp_path / "cut", path, COUNTS)
    assert not left_in(path.parent)


def test_a_file_that_is_no_archive_and_a_path_that_is_nothing(tmp_path: Path, path: Path) -> None:
    (tmp_path / "text").write_text("no archive" * 1000)
    with pytest.raises(UserError, match="text is no tar file"):
        data.from_folder(tmp_path / "text", path, COUNTS)
    with pytest.raises(UserError, match="nowhere is neither a folder nor a tar file"):
        data.from_folder(tmp_path / "nowhere", path, COUNTS)


# Whole or not at all


def stop(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("there_before", [False, True])
def test_ctrl_c_while_images_are_read(source: Path, path: Path, there_before: bool) -> None:
    if there_before:
        data.from_folder(source, path, COUNTS)
    before = state(path) if there_before else None
    left = left_in(path.parent)
    with pytest.raises(KeyboardInterrupt):
        data.from_folder(source, path, COUNTS, stop)
    assert left_in(path.parent) == left
    assert before is None or state(path) == before


class Crash(BaseException):
    """The end of the process, as far as the code under test can tell."""


def crash_at(monkeypatch: pytest.MonkeyPatch, step: int) -> Callable[[], int]:
    """The `step`-th of the calls that reach the disk raises instead; → how many there were."""
    calls = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == step:
                raise Crash
            return real(*arguments, **options)

        return call

    for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "open"), (Path, "unlink")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    return lambda: calls


def test_a_crash_at_any_step_leaves_the_old_pair_the_new_one_or_no_manifest(source: Path, tmp_path: Path) -> None:
    """With files of the same size, so that the size alone would not tell."""
    template = tmp_path / "template" / "cifar10.npy"
    data.from_folder(source, template, COUNTS)
    old = state(template)
    changed = folder_of(tmp_path / "changed", image_files() | {"train/bird/0000.png": encoded(picture(5))})
    seen, step, finished = [], 0, False
    while not finished:
        step += 1
        path = tmp_path / str(step) / "cifar10.npy"
        shutil.copytree(template.parent, path.parent)
        with pytest.MonkeyPatch.context() as monkeypatch:
            steps = crash_at(monkeypatch, step + len(image_files()))  # each image is opened once
            try:
                data.from_folder(changed, path, COUNTS)
                finished = steps() < step + len(image_files())
            except Crash:
                pass
        if data.manifest_of(path) is None:
            seen.append("unfinished")
        else:
            data.verify(path)
            seen.append("old" if state(path) == old else "new")
        data.from_folder(changed, path, COUNTS)
        data.verify(path)
        assert left_in(path.parent) == ["cifar10.json", "cifar10.npy"]
    assert seen[0] == "old"
    assert seen[-1] == "new"
    assert seen == sorted(seen, key=["old", "unfinished", "new"].index)
    assert set(seen) == {"old", "unfinished", "new"}


def test_a_full_disk_is_named_and_leaves_what_was_there(
    source: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.from_folder(source, path, COUNTS)
    before = state(path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"^The disk is full: .*cifar10\.npy takes 0 MB\. Nothing was written\.$"):
        data.from_folder(source, path, COUNTS)
    assert state(path) == before
    assert left_in(path.parent) == ["cifar10.json", "cifar10.npy"]


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """4 MB of memory mounted in a namespace of its own; the stand-in takes 22."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("no namespaces here")
    script = 'mount -t tmpfs -o size=4m none "$1" && "$2" -m grader data stand-in --course "$1"; ls -A "$1/build"'
    run = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", str(tmp_path), sys.executable],
        capture_output=True, text=True, cwd=PROJECT,
    )  # fmt: skip
    if "mount:" in run.stderr:
        pytest.skip(f"nothing can be mounted here: {run.stderr}")
    assert run.stderr == f"grader: The disk is full: {tmp_path}/build/stand-in.npy takes 22 MB. Nothing was written.\n"
    assert run.stdout == ""


def test_a_place_that_cannot_be_written(source: Path, tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file where the folder should be")
    with pytest.raises(UserError, match=r"cifar10\.npy cannot be written: .*File exists"):
        data.from_folder(source, tmp_path / "build" / "cifar10.npy", COUNTS)


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(source: Path, path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    path.parent.mkdir()
    for name in (f".cifar10.npy.{ended.pid}", f".cifar10.json.{ended.pid}", f".cifar10.npy.{os.getppid()}"):
        (path.parent / name).write_text("half")
    data.from_folder(source, path, COUNTS)
    assert left_in(path.parent) == [f".cifar10.npy.{os.getppid()}", "cifar10.json", "cifar10.npy"]


# Whether a file can be trusted


def damaged(path: Path, manifest: str | None = None, content: bytes | None = None) -> None:
    if manifest is not None:
        path.with_suffix(".json").write_text(manifest)
    if content is not None:
        path.write_bytes(content)


def test_one_changed_byte_is_found_by_verify(source: Path, path: Path) -> None:
    data.from_folder(source, path, COUNTS)
    content = bytearray(path.read_bytes())
    content[-5000] ^= 1
    damaged(path, content=bytes(content))
    assert data.manifest_of(path) is not None  # the cheap look sees sizes alone
    with pytest.raises(UserError, match="is not what its manifest says"):
        data.verify(path)


def test_counts_that_are_not_the_files_are_found_by_verify(source: Path, path: Path) -> None:
    data.from_folder(source, path, COUNTS)
    damaged(path, manifest=path.with_suffix(".json").read_text().replace('"cat": 2', '"cat": 3'))
    with pytest.raises(UserError, match="is not what its manifest says"):
        data.verify(path)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", "null", "\udcff", '{"source": 1}'])
def test_a_manifest_that_is_none_counts_as_unfinished(source: Path, path: Path, manifest: str) -> None:
    data.from_folder(source, path, COUNTS)
    path.with_suffix(".json").write_bytes(manifest.encode(errors="surrogateescape"))
    assert data.manifest_of(path) is None
    with pytest.raises(UserError, match="is not there or unfinished"):
        data.load(path)


def test_a_file_of_another_size_counts_as_unfinished(source: Path, path: Path) -> None:
    data.from_folder(source, path, COUNTS)
    damaged(path, content=path.read_bytes()[:-1])
    assert data.manifest_of(path) is None


def test_an_array_of_something_else_is_not_loaded(path: Path, source: Path) -> None:
    size = data.from_folder(source, path, COUNTS).bytes
    np.save(path, np.zeros(size - 128, np.uint8))
    assert path.stat().st_size == size
    with pytest.raises(UserError, match="holds no prepared images"):
        data.load(path)
    damaged(path, content=bytes(size))
    with pytest.raises(UserError, match="cannot be read"):
        data.load(path)


# The stand-in, and what grading uses


def test_the_stand_in_has_the_contracts_counts_and_is_the_same_everywhere(tmp_path: Path) -> None:
    one, two = (data.stand_in(tmp_path / name / "stand-in.npy") for name in "ab")
    assert state(one) == state(two)
    manifest = data.verify(one)
    assert manifest.source == "generated stand-in"
    assert tuple(manifest.train.values()) == (1500, 1000, 500, 500, 250, 250, 250, 250, 250, 250)
    assert set(manifest.test.values()) == {200}


def test_the_stand_in_is_made_once_and_again_where_it_is_not_whole(tmp_path: Path) -> None:
    path = data.stand_in(tmp_path / "stand-in.npy")
    before, made = state(path), path.stat().st_ino
    assert data.stand_in(path).stat().st_ino == made
    path.with_suffix(".json").unlink()
    assert state(data.stand_in(path)) == before
    damaged(path, content=b"cut")
    assert state(data.stand_in(path)) == before


def test_grading_uses_cifar10_where_it_is_whole_and_says_which(source: Path, path: Path) -> None:
    build = path.parent
    assert data.prepared(build) == build / "stand-in.npy"
    assert data.describe(data.prepared(build)) == "stand-in images (generated)"
    assert data.describe(data.prepared(build), japanese=True) == "自動生成した代用の画像"
    sha256 = data.from_folder(source, path, COUNTS).sha256[:12]
    assert data.prepared(build) == path
    assert data.describe(path) == f"CIFAR-10 (image folder, sha256 {sha256}…)"
    assert data.describe(path, japanese=True) == f"CIFAR-10（画像フォルダー、SHA-256 {sha256}…）"
    path.with_suffix(".json").unlink()
    assert data.prepared(build) == build / "stand-in.npy"
    assert data.describe(path) == "cifar10.npy (no manifest)"


# torchvision


@pytest.fixture
def download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What torchvision's CIFAR10 finds downloaded: two small batches with their checksums; no network."""
    root = tmp_path / "download"
    folder = root / CIFAR10.base_folder
    folder.mkdir(parents=True)

    def batch(name: str, content: object) -> tuple[str, str]:
        packed = pickle.dumps(content)
        (folder / name).write_bytes(packed)
        return name, hashlib.md5(packed).hexdigest()

    def images(values: list[int], labels: list[int]) -> dict[str, object]:
        return {"data": np.stack([picture(v).transpose(2, 0, 1).reshape(-1) for v in values]), "labels": labels}

    monkeypatch.setattr(CIFAR10, "train_list", [batch("one", images([1, 2, 3], [1, 0, 1]))])
    monkeypatch.setattr(CIFAR10, "test_list", [batch("test_batch", images([4, 5], [9, 0]))])
    name, md5 = batch("batches.meta", {"label_names": list(CLASSES)})
    monkeypatch.setattr(CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": md5})
    monkeypatch.setattr(CIFAR10, "url", "file:///nowhere/cifar-10-python.tar.gz")
    return root


def test_torchvisions_images_by_class_in_its_order(download: Path, path: Path) -> None:
    manifest = data.from_torchvision(download, path)
    records = data.load(path)
    assert records["label"].tolist() == [0, 1, 1, 0, 9]
    assert records["test"].tolist() == [False] * 3 + [True] * 2
    for record, value in zip(records, [2, 1, 3, 5, 4], strict=True):
        assert np.array_equal(record["image"], picture(value).transpose(2, 0, 1))
    assert data.verify(path) == manifest
    assert data.describe(path).startswith("CIFAR-10 (torchvision CIFAR10, sha256 ")


def test_a_download_that_fails_or_is_damaged_is_one_line(download: Path, path: Path) -> None:
    (download / CIFAR10.base_folder / "one").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"torchvision could not get CIFAR-10 into .*download: .*data folder") as raised:
        data.from_torchvision(download, path)
    assert str(raised.value).isprintable()
    assert not left_in(path.parent)


# The command line


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    try:
        status = main(["data", *map(str, arguments)])
    except SystemExit as end:
        status = int(end.code or 0)
    return (status, *capsys.readouterr())


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that expect 2 + 1 images of each class."""
    monkeypatch.setattr(data.from_folder, "__defaults__", (COUNTS, *(data.from_folder.__defaults__ or ())[1:]))


@pytest.mark.usefixtures("small")
def test_prepare_and_show(capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    course.mkdir()
    status, out, err = run(capsys, "show", "--course", course)
    assert (status, out, err) == (0, "Grading uses the stand-in, made when it is needed.\n", "")
    status, out, err = run(capsys, "stand-in", "--course", course)
    assert (status, err) == (0, "")
    assert out.endswith("stand-in.npy: stand-in images (generated), 22 MB\n")
    status, out, err = run(capsys, "folder", source, "--course", course)
    assert (status, err) == (0, "")
    assert "cifar10.npy: CIFAR-10 (image folder, sha256 " in out
    status, out, err = run(capsys, "show", "--course", course)
    assert (status, err) == (0, "")
    assert out.count("SHA-256 verified: ") == 2
    assert out.endswith("cifar10.npy.\n")
    assert [line.split()[1::2] for line in out.splitlines() if "all" in line] == [
        ["all", "20", "10"],
        ["all", "5,000", "2,000"],
    ]


def test_cifar10_is_downloaded_into_the_course(
    capsys: pytest.CaptureFixture[str], download: Path, tmp_path: Path
) -> None:
    course = tmp_path / "course"
    (course / "build").mkdir(parents=True)
    assert run(capsys, "cifar10", "--course", course, "--download-root", download)[0] == 0
    assert left_in(course / "build") == ["cifar10.json", "cifar10.npy"]
    download.rename(course / "build" / "torchvision")
    assert run(capsys, "cifar10", "--course", course)[0] == 0


def test_the_full_counts_are_demanded(capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path) -> None:
    line = f"grader: train/airplane has 2 images, expected 5,000 (and 19 more wrong): {source}\n"
    assert run(capsys, "folder", source, "--course", tmp_path) == (1, "", line)
    assert not left_in(tmp_path / "build")


def test_a_damaged_file_fails_show_and_the_stand_in_is_made_anew(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = data.stand_in(tmp_path / "build" / "stand-in.npy")
    before = state(path)
    damaged(path, content=before[0][:-1] + b"\2")
    status, _, err = run(capsys, "show", "--course", tmp_path)
    assert status == 1
    assert "stand-in.npy is not what its manifest says" in err
    assert run(capsys, "stand-in", "--course", tmp_path)[0] == 0
    assert state(path) == before


def test_ctrl_c_is_one_line(
    capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "decode", stop)
    line = "grader: stopped; nothing half-written is left, run it again\n"
    assert run(capsys, "folder", source, "--course", tmp_path) == (130, "", line)
    assert not left_in(tmp_path / "build")


def test_a_course_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert run(capsys, "stand-in", "--course", nowhere) == (1, "", f"grader: There is no course folder {nowhere}.\n")
    assert not nowhere.exists()
