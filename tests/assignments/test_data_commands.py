"""`python -m grader data`: its commands prepare image files in a course, and report each error on one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignments.loss_functions.training import images as data
from grader.cli.main import main
from tests.helpers.image_folders import COUNTS, file_and_manifest, file_names, stop

pytestmark = pytest.mark.usefixtures("no_fsync")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run `python -m grader data` in this process; → exit status, stdout, stderr."""
    try:
        status = main(["data", *map(str, arguments)])
    except SystemExit as end:
        status = int(end.code or 0)
    return (status, *capsys.readouterr())


@pytest.fixture
def small_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `data folder` expect 2 training images and 1 test image of each class."""
    monkeypatch.setattr(data.from_folder, "__defaults__", (COUNTS, *(data.from_folder.__defaults__ or ())[1:]))


@pytest.mark.usefixtures("small_counts")
def test_prepare_a_folder_and_show_it(capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path) -> None:
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
    assert file_names(course / "build") == ["cifar10.json", "cifar10.npy"]
    download.rename(course / "build" / "torchvision")
    assert run(capsys, "cifar10", "--course", course)[0] == 0


def test_a_folder_must_have_the_full_counts_of_cifar10(
    capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path
) -> None:
    line = f"grader: train/airplane has 2 images, expected 5,000 (and 19 more wrong): {source}\n"
    assert run(capsys, "folder", source, "--course", tmp_path) == (1, "", line)
    assert not file_names(tmp_path / "build")


def test_show_fails_for_a_damaged_file_and_stand_in_replaces_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = data.stand_in(tmp_path / "build" / "stand-in.npy")
    before = file_and_manifest(path)
    path.write_bytes(before[0][:-1] + b"\2")
    status, _, err = run(capsys, "show", "--course", tmp_path)
    assert status == 1
    assert "stand-in.npy does not match its manifest" in err
    assert run(capsys, "stand-in", "--course", tmp_path)[0] == 0
    assert file_and_manifest(path) == before


def test_ctrl_c_is_one_line_and_exit_status_130(
    capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "decode", stop)
    line = "grader: stopped; no incomplete file is left, run it again\n"
    assert run(capsys, "folder", source, "--course", tmp_path) == (130, "", line)
    assert not file_names(tmp_path / "build")


def test_a_missing_course_folder_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert run(capsys, "stand-in", "--course", nowhere) == (1, "", f"grader: There is no course folder {nowhere}.\n")
    assert not nowhere.exists()
