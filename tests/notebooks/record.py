"""Record what a real Jupyter kernel shows: run it after a change to a notebook here, or to the versions of IPython.

    python tests/notebooks/record.py            all notebooks
    python tests/notebooks/record.py errors     one

Outputs are stored as `normal` leaves them: what differs between two runs of the same kernel is gone, and no path of
the machine is kept. tests/sandbox/test_shell.py compares the outputs of our shell with them, after the same treatment.
"""

from __future__ import annotations

import re
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SANDBOX = HERE.parent.parent / "grader" / "sandbox"
COLOUR = r"(?:\x1b\[[\d;]*m)*"
REPLACED = [  # in this order
    (re.escape(sysconfig.get_path("purelib")), "<site-packages>"),
    (re.escape(sysconfig.get_path("stdlib")), "<python>"),
    (re.escape(sys.executable), "<python>/bin/python"),
    (re.escape(sys.prefix), "<prefix>"),
    (r"[^\s\"]*/ipykernel_\d+/\d+\.py|(?<=\()\d{6,}\.py(?=, line)", "<cell>"),
    (re.escape(tempfile.gettempdir()) + r"/tmp\w+", "<temporary>"),
    (r"0x[0-9a-f]{6,}", "0x…"),
    (r"(CPU times|Wall time): [^\n]*|[\d.]+ [mμnp]?s ± [^\n]*", r"\1 <time>"),
    (r"\[\d+:\d\d<[^\]\n]*(?:it/s|s/it)\]", "[<time>]"),
    (r"(?m)(?<=^\[)\d+(?=\] )|(?<=pid=)\d+|(?<=Process-)\d+|(?<=Task-)\d+", "N"),
]
# Frames of the kernel and of our shell, between the student's line and the error that they raise.
OUR_FRAME = re.compile(rf"{COLOUR}File {COLOUR}(?:<site-packages>/ipykernel/|{re.escape(str(SANDBOX))}/)")


def text(value: str) -> str:
    """`value` without what differs from run to run."""
    for pattern, replacement in REPLACED:
        value = re.sub(pattern, replacement, value)
    return value


def normal(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adjacent streams joined, carriage returns and backspaces done, changing parts replaced."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if joined and output["output_type"] == "stream" and joined[-1].get("name") == output["name"]:
            joined[-1]["text"] += output["text"]
        else:
            joined.append(dict(output))
    return [_normal(output) for output in joined]


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_normal(v) for v in value]
    if not isinstance(value, dict):
        return value
    value = {key: v if key == "image/png" else _normal(v) for key, v in value.items()}
    if value.get("output_type") == "stream":
        while (shorter := re.sub(r"[^\n]\x08|(?m:^)\x08", "", value["text"], count=1)) != value["text"]:
            value["text"] = shorter
        value["text"] = re.sub(r".*\r(?=[^\n])", "", value["text"])  # as nbclient does
    if value.get("output_type") == "error":
        value["traceback"] = [entry for entry in value["traceback"] if not OUR_FRAME.match(entry)]
    return value


def main() -> None:
    """Execute the notebooks named on the command line, or all."""
    import nbformat
    from nbclient import NotebookClient

    for path in [HERE / f"{name}.ipynb" for name in sys.argv[1:]] or sorted(HERE.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as directory:
            resources = {"metadata": {"path": directory}}
            NotebookClient(notebook, allow_errors=True, timeout=60, record_timing=False, resources=resources).execute()
        for cell in notebook.cells:
            cell.outputs = [nbformat.from_dict(output) for output in normal(cell.outputs)]
        notebook.metadata.language_info = {"name": "python"}
        notebook.metadata.pop("widgets", None)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
