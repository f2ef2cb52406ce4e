"""Every student gets the same examples: in this process, on the command line, in a worker, installed or not."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from grader.grading.replay import Memory
from tests.helpers.drawn import drawn

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def here() -> str:
    return drawn()


def command_line(folder: Path, **variables: str) -> list[str]:
    """Digest and the place of the package, from a process of its own."""
    environment = {**os.environ, **variables}
    command = [sys.executable, str(PROJECT / "tests" / "helpers" / "drawn.py")]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_twice_in_one_process(here: str) -> None:
    assert drawn() == here


def test_drawn_once_and_asked_in_one_message(here: str) -> None:
    """What is remembered for the next student is what hypothesis would draw, byte for byte."""
    memory: Memory = {}
    assert drawn(memory) == drawn(memory) == here
    assert all(prepared.questions for prepared in memory.values())


def test_on_the_command_line(here: str, tmp_path: Path) -> None:
    assert command_line(tmp_path, PYTHONHASHSEED="7")[0] == here


def test_whatever_else_is_imported(here: str, tmp_path: Path) -> None:
    """A module outside site-packages, whose constants hypothesis would otherwise draw."""
    (tmp_path / "of_the_host.py").write_text("CONSTANTS = [1234, 5678, 3, -17, 0.125, 9999, 'text', 4, 11, -2]\n")
    assert command_line(tmp_path, PYTHONPATH=str(tmp_path), ALSO_IMPORT="of_the_host")[0] == here


def test_installed_instead_of_editable(here: str, tmp_path: Path) -> None:
    site = tmp_path / "lib" / "site-packages"
    shutil.copytree(PROJECT / "grader", site / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    digest, place = command_line(tmp_path, PYTHONPATH=str(site))
    assert place.startswith(str(site))
    assert digest == here


def test_in_a_worker(here: str) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(drawn).result() == here
