"""Prepared image files are written atomically, verified by their manifest, and replaced by a stand-in if missing."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.assignments.loss_functions.training import images as data
from grader.errors import UserError
from grader.nbgrader_plugin.course import PROJECT
from tests.helpers.image_folders import (
    COUNTS,
    encoded,
    file_and_manifest,
    file_names,
    image_files,
    picture,
    stop,
    write_folder,
)

pytestmark = pytest.mark.usefixtures("no_fsync")


# Atomic writes


@pytest.mark.parametrize("prepared_before", [False, True])
def test_ctrl_c_leaves_the_folder_as_it_was(source: Path, target: Path, prepared_before: bool) -> None:
    if prepared_before:
        data.from_folder(source, target, COUNTS)
    before = file_and_manifest(target) if prepared_before else None
    names = file_names(target.parent)
    with pytest.raises(KeyboardInterrupt):
        data.from_folder(source, target, COUNTS, stop)
    assert file_names(target.parent) == names
    assert before is None or file_and_manifest(target) == before


class Crash(BaseException):
    """Imitates a killed process: the code under test does not handle it."""


def crash_at(monkeypatch: pytest.MonkeyPatch, step: int) -> Callable[[], int]:
    """Make the `step`-th call that reaches the disk raise Crash; → a function that returns the number of calls."""
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
    """Old and new files have the same size, so the size alone cannot tell them apart."""
    template = tmp_path / "template" / "cifar10.npy"
    data.from_folder(source, template, COUNTS)
    old = file_and_manifest(template)
    changed = write_folder(tmp_path / "changed", image_files() | {"train/bird/0000.png": encoded(picture(5))})
    states, step, finished = [], 0, False
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
            states.append("incomplete")
        else:
            data.verify(path)
            states.append("old" if file_and_manifest(path) == old else "new")
        data.from_folder(changed, path, COUNTS)
        data.verify(path)
        assert file_names(path.parent) == ["cifar10.json", "cifar10.npy"]
    assert states[0] == "old"
    assert states[-1] == "new"
    assert states == sorted(states, key=["old", "incomplete", "new"].index)
    assert set(states) == {"old", "incomplete", "new"}


def test_a_full_disk_is_reported_and_the_old_file_stays(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.from_folder(source, target, COUNTS)
    before = file_and_manifest(target)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"^The disk is full: .*cifar10\.npy takes 0 MB\. Nothing was written\.$"):
        data.from_folder(source, target, COUNTS)
    assert file_and_manifest(target) == before
    assert file_names(target.parent) == ["cifar10.json", "cifar10.npy"]


def test_a_real_full_disk_is_one_line(tmp_path: Path) -> None:
    """A tmpfs of 4 MB, mounted in a namespace; the stand-in takes 22 MB."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("this host does not allow namespaces")
    script = 'mount -t tmpfs -o size=4m none "$1" && "$2" -m grader data stand-in --course "$1"; ls -A "$1/build"'
    run = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", str(tmp_path), sys.executable],
        capture_output=True, text=True, cwd=PROJECT,
    )  # fmt: skip
    if "mount:" in run.stderr:
        pytest.skip(f"this host does not allow mounts: {run.stderr}")
    assert run.stderr == f"grader: The disk is full: {tmp_path}/build/stand-in.npy takes 22 MB. Nothing was written.\n"
    assert run.stdout == ""


def test_a_target_that_cannot_be_written_is_one_line(source: Path, tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file in place of the folder")
    with pytest.raises(UserError, match=r"cifar10\.npy cannot be written: .*File exists"):
        data.from_folder(source, tmp_path / "build" / "cifar10.npy", COUNTS)


def test_temporary_files_of_dead_processes_are_removed_and_of_running_ones_kept(source: Path, target: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    target.parent.mkdir()
    for name in (f".cifar10.npy.{ended.pid}", f".cifar10.json.{ended.pid}", f".cifar10.npy.{os.getppid()}"):
        (target.parent / name).write_text("half")
    data.from_folder(source, target, COUNTS)
    assert file_names(target.parent) == [f".cifar10.npy.{os.getppid()}", "cifar10.json", "cifar10.npy"]


# Verification


def test_verify_finds_one_changed_byte(source: Path, target: Path) -> None:
    data.from_folder(source, target, COUNTS)
    content = bytearray(target.read_bytes())
    content[-5000] ^= 1
    target.write_bytes(content)
    assert data.manifest_of(target) is not None  # compares sizes only
    with pytest.raises(UserError, match="does not match its manifest"):
        data.verify(target)


def test_verify_finds_wrong_counts_in_the_manifest(source: Path, target: Path) -> None:
    data.from_folder(source, target, COUNTS)
    manifest = target.with_suffix(".json")
    manifest.write_text(manifest.read_text().replace('"cat": 2', '"cat": 3'))
    with pytest.raises(UserError, match="does not match its manifest"):
        data.verify(target)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", "null", "\udcff", '{"source": 1}'])
def test_a_file_with_an_invalid_manifest_is_incomplete(source: Path, target: Path, manifest: str) -> None:
    data.from_folder(source, target, COUNTS)
    target.with_suffix(".json").write_bytes(manifest.encode(errors="surrogateescape"))
    assert data.manifest_of(target) is None
    with pytest.raises(UserError, match="is missing or incomplete"):
        data.load(target)


def test_a_file_of_another_size_is_incomplete(source: Path, target: Path) -> None:
    data.from_folder(source, target, COUNTS)
    target.write_bytes(target.read_bytes()[:-1])
    assert data.manifest_of(target) is None


def test_an_array_of_another_dtype_is_not_loaded(target: Path, source: Path) -> None:
    size = data.from_folder(source, target, COUNTS).bytes
    np.save(target, np.zeros(size - 128, np.uint8))
    assert target.stat().st_size == size
    with pytest.raises(UserError, match="holds no prepared images"):
        data.load(target)
    target.write_bytes(bytes(size))
    with pytest.raises(UserError, match="cannot be read"):
        data.load(target)


# The stand-in, and the choice of images


def test_the_stand_in_has_the_counts_of_the_contract_and_is_deterministic(tmp_path: Path) -> None:
    one, two = (data.stand_in(tmp_path / name / "stand-in.npy") for name in "ab")
    assert file_and_manifest(one) == file_and_manifest(two)
    manifest = data.verify(one)
    assert manifest.source == "generated stand-in"
    assert tuple(manifest.train.values()) == (1500, 1000, 500, 500, 250, 250, 250, 250, 250, 250)
    assert set(manifest.test.values()) == {200}


def test_the_stand_in_is_generated_once_and_again_if_it_is_incomplete(tmp_path: Path) -> None:
    path = data.stand_in(tmp_path / "stand-in.npy")
    before, inode = file_and_manifest(path), path.stat().st_ino
    assert data.stand_in(path).stat().st_ino == inode
    path.with_suffix(".json").unlink()
    assert file_and_manifest(data.stand_in(path)) == before
    path.write_bytes(b"cut")
    assert file_and_manifest(data.stand_in(path)) == before


def test_grading_prefers_complete_cifar10_and_describes_what_it_uses(source: Path, target: Path) -> None:
    build = target.parent
    assert data.prepared(build) == build / "stand-in.npy"
    assert data.describe(data.prepared(build)) == "stand-in images (generated)"
    assert data.describe_to_students(data.prepared(build)) == "自動生成した代用の画像"
    sha256 = data.from_folder(source, target, COUNTS).sha256[:12]
    assert data.prepared(build) == target
    assert data.describe(target) == f"CIFAR-10 (image folder, sha256 {sha256}…)"
    assert data.describe_to_students(target) == f"CIFAR-10（画像フォルダー、SHA-256 {sha256}…）"
    target.with_suffix(".json").unlink()
    assert data.prepared(build) == build / "stand-in.npy"
    assert data.describe(target) == "cifar10.npy (no manifest)"
