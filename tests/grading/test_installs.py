"""Cells that students add for Colab: what they print is one line; other cells keep what they show."""

from __future__ import annotations

import nbformat
import pytest

from grader.grading.grade import Request, grade
from grader.grading.installs import LEFT_OUT, is_installation
from tests.helpers.shared_zygote import fork_server


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("!pip install torch torchvision", True),
        ("%pip install -q torch", True),
        ("# 準備\n!apt-get install -y fonts-noto-cjk\n!ls", True),
        ("!python -m pip install torch", True),
        ("from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive/MyDrive", True),
        ("!pip install torch\nimport torch\ntorch.ones(2)", False),
        ("!ls", False),
        ("%matplotlib inline", False),
        ("pip = 3", False),
        ("", False),
    ],
)
def test_which_cells_only_install(source: str, expected: bool) -> None:
    assert is_installation(source) is expected


def test_an_installation_is_shown_in_one_line() -> None:
    cell = nbformat.v4.new_code_cell
    release = nbformat.v4.new_notebook(cells=[cell("kept = 1\nprint(kept)", id="own")])
    drive = "from google.colab import drive\ndrive.mount('/content/drive')"
    added = [cell("!pip install no-such-package", id="pip"), cell(drive, id="drive")]
    submitted = nbformat.v4.new_notebook(cells=[*added, *release.cells])
    server = fork_server()
    try:
        files = (nbformat.writes(each).encode() for each in (submitted, release))
        result = grade(Request(*files, {}), server.start)
    finally:
        server.close()
    shown = {cell.id: [output.get("text") for output in cell.outputs] for cell in result.notebook.cells}
    assert shown == {"pip": [f"{LEFT_OUT}\n"], "drive": [f"{LEFT_OUT}\n"], "own": ["1\n"]}
