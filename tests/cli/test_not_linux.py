"""On another system, grading says at once what works there; a faked name of the system stands for one."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import pytest

from grader.cli.main import main
from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.isolation.probe import probe
from tests.helpers.typed import typed


@pytest.mark.parametrize("target", ["grade", "test"])
def test_make_says_it_before_it_installs_anything(tmp_path: Path, target: str) -> None:
    for name in ("Makefile", "constraints.txt"):
        shutil.copy(PROJECT / name, tmp_path)
    done = typed(f"make {target} HOST=Darwin VENV=new", tmp_path)
    assert done.returncode != 0
    assert "this is Darwin" in done.stderr
    for known in ("make release", "make publish", "make desk", "docs/not-linux.md"):
        assert known in done.stderr
    assert not (tmp_path / "new").exists()
    assert "Setting up" not in done.stdout
    planned = typed("make -n release HOST=Darwin VENV=new", tmp_path)
    assert (planned.returncode, "this is Darwin" in planned.stderr) == (0, False)


def test_the_command_and_the_walls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the sample class would be graded, which runs without walls if there are none."""
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert main(["grade", "--course", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "this is Darwin" in line
    assert "docs/not-linux.md" in line
    assert not list(tmp_path.iterdir())
    walls = probe()
    assert not walls.standing
    (problem,) = walls.essential_missing
    assert "this is Darwin" in problem
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "Error" not in shown
