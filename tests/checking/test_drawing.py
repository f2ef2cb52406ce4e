"""Every student gets the same examples: in this process, in another one, in a worker, with or without installation."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from grader.grading.recordings import Memory
from tests.helpers.drawn import questions_digest
from tests.helpers.loss_functions import PROJECT


@pytest.fixture(scope="module")
def expected() -> str:
    """The digest in this process."""
    return questions_digest()


def in_new_process(folder: Path, **variables: str) -> list[str]:
    """→ the digest in a new process, and the path of the package there. folder: its working directory."""
    path = os.pathsep.join(filter(None, [variables.pop("PYTHONPATH", ""), str(PROJECT)]))  # `tests` is not installed
    environment = {**os.environ, **variables, "PYTHONPATH": path}
    command = [sys.executable, str(PROJECT / "tests" / "helpers" / "drawn.py")]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_the_examples_are_the_same_twice_in_one_process(expected: str) -> None:
    assert questions_digest() == expected


def test_replayed_questions_equal_those_that_hypothesis_draws(expected: str) -> None:
    memory = Memory()
    assert questions_digest(memory) == questions_digest(memory) == expected
    assert all(prepared.questions for prepared in memory.values())


def test_the_examples_do_not_depend_on_directory_and_hash_seed(expected: str, tmp_path: Path) -> None:
    assert in_new_process(tmp_path, PYTHONHASHSEED="7")[0] == expected


def test_the_examples_do_not_depend_on_other_imported_modules(expected: str, tmp_path: Path) -> None:
    """By default hypothesis also draws constants of every imported module outside site-packages."""
    (tmp_path / "host_module.py").write_text("CONSTANTS = [1234, 5678, 3, -17, 0.125, 9999, 'text', 4, 11, -2]\n")
    assert in_new_process(tmp_path, PYTHONPATH=str(tmp_path), ALSO_IMPORT="host_module")[0] == expected


def test_the_examples_are_the_same_when_installed_in_site_packages(expected: str, tmp_path: Path) -> None:
    site = tmp_path / "lib" / "site-packages"
    shutil.copytree(PROJECT / "grader", site / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    digest, package = in_new_process(tmp_path, PYTHONPATH=str(site))
    assert package.startswith(str(site))
    assert digest == expected


def test_the_examples_are_the_same_in_a_worker(expected: str) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(questions_digest).result() == expected
