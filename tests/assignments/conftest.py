"""Fixtures: a fork server, and for prepared image files a source folder, a target file, a download without network."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import CIFAR10

from grader.assignments.loss_functions.training.image_folder import CLASSES
from grader.sandbox.processes.client import ForkServer
from tests.helpers.image_folders import image_files, picture, write_folder
from tests.helpers.shared_zygote import fork_server


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A fork server for the tests of this module."""
    server = fork_server()
    yield server
    server.close()


@pytest.fixture
def no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A complete image folder."""
    return write_folder(tmp_path / "images", image_files())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The path of a file to prepare; its folder does not exist yet."""
    return tmp_path / "build" / "cifar10.npy"


@pytest.fixture
def download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A download folder of torchvision's CIFAR10: two small batches with their checksums, and no network."""
    root = tmp_path / "download"
    folder = root / CIFAR10.base_folder
    folder.mkdir(parents=True)

    def batch(name: str, content: object) -> tuple[str, str]:
        packed = pickle.dumps(content)
        (folder / name).write_bytes(packed)
        return name, hashlib.md5(packed).hexdigest()

    def images(seeds: list[int], labels: list[int]) -> dict[str, object]:
        return {"data": np.stack([picture(s).transpose(2, 0, 1).reshape(-1) for s in seeds]), "labels": labels}

    monkeypatch.setattr(CIFAR10, "train_list", [batch("one", images([1, 2, 3], [1, 0, 1]))])
    monkeypatch.setattr(CIFAR10, "test_list", [batch("test_batch", images([4, 5], [9, 0]))])
    name, md5 = batch("batches.meta", {"label_names": list(CLASSES)})
    monkeypatch.setattr(CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": md5})
    monkeypatch.setattr(CIFAR10, "url", "file:///nowhere/cifar-10-python.tar.gz")
    return root
