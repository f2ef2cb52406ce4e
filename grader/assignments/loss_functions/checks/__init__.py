"""The hidden checks, one module per solution cell: `softmax.py` judges the checks cell `softmax_checks`.

They are plain pytest and know nothing of nbgrader. `pytest grader/checks` runs them against the instructor's notebook.
"""

from __future__ import annotations

from pathlib import Path


def checks_for(cell: str) -> Path | None:
    """The module that judges a checks cell, `softmax_checks` → …/checks/softmax.py; None where there is none."""
    stem = cell.removesuffix("_checks")
    path = Path(__file__).parent / f"{stem}.py"
    return path if stem != cell and stem.isidentifier() and path.is_file() else None
