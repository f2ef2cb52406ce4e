"""Run commands as the documentation types them, with the programs of this environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from grader.nbgrader_plugin.course import PROJECT

SCRIPTS = Path(sys.executable).parent
VENV = ".venv/bin/"


def typed(line: str, folder: Path, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a line in a folder, without this environment on the path.

    `make` takes this environment for the course's `.venv`, which it must not set up again.
    """
    words = line.removeprefix(VENV).split()
    if words[0] == "make":
        command = ["make", "-s", "-o", f"{SCRIPTS.parent}/ready", f"VENV={SCRIPTS.parent}", *words[1:]]
    else:
        command = [str(SCRIPTS / words[0]), *words[1:]]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "PYTEST", "COV", "MAKE"))}
    environment = kept | {"PATH": os.defpath, "PYTHONPATH": str(PROJECT), "JUPYTER_CONFIG_DIR": str(folder / "jupyter")}
    return subprocess.run(command, cwd=folder, env=environment | dict(variables or {}), capture_output=True, text=True)
