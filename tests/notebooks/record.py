"""Record the outputs of a real Jupyter kernel: run this after changing a notebook here, or the version of IPython.

    python -m tests.notebooks.record            all notebooks
    python -m tests.notebooks.record errors     one

Outputs are stored normalised: without what differs between two runs of the same kernel, and without paths of the
machine. tests/sandbox/test_shell.py normalises the outputs of our shell in the same way and compares.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.helpers.kernel_outputs import normalised

NOTEBOOKS = Path(__file__).parent


def main() -> None:
    """Execute the notebooks named on the command line, or all."""
    for path in [NOTEBOOKS / f"{name}.ipynb" for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as directory:
            resources = {"metadata": {"path": directory}}
            NotebookClient(notebook, allow_errors=True, timeout=60, record_timing=False, resources=resources).execute()
        for cell in notebook.cells:
            cell.outputs = [nbformat.from_dict(output) for output in normalised(cell.outputs)]
        notebook.metadata.language_info = {"name": "python"}
        notebook.metadata.pop("widgets", None)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
