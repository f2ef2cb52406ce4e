"""Record what a student's long run shows, for the sample class: `python -m tests.notebooks.record_sample`, 3 minutes.

It runs the solved notebooks in a Jupyter kernel, on the generated stand-in images, and keeps the outputs of the cells
that a person needs for the observations. Pictures get 16 colours: the file has a third of the size.
"""

from __future__ import annotations

import base64
import json
import os
from io import BytesIO

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from grader.assignments.loss_functions import ASSIGNMENT, IMAGES_VARIABLE
from grader.assignments.loss_functions.training.images import stand_in
from grader.cli.sample import OUTPUTS
from grader.submission.rebuild import KEEP_OUTPUT_TAG
from tests.helpers.loss_functions import IMAGES, SOURCE


def small(output: NotebookNode) -> NotebookNode:
    """An output with a smaller picture."""
    if png := output.get("data", {}).get("image/png"):
        buffer = BytesIO()
        picture = Image.open(BytesIO(base64.b64decode(png))).convert("RGB")
        picture.quantize(16, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
        output.data["image/png"] = base64.b64encode(buffer.getvalue()).decode()
    return output


def main() -> None:
    """Write the file."""
    os.environ |= {IMAGES_VARIABLE: str(stand_in(IMAGES)), "OMP_NUM_THREADS": "1"}
    recorded = {}
    for name in ("iris", "imbalanced_cifar10"):
        notebook = nbformat.read(SOURCE / f"{name}.ipynb", as_version=4)
        NotebookClient(notebook, timeout=1800, kernel_name="python3").execute()
        for cell in notebook.cells:
            if KEEP_OUTPUT_TAG in cell.metadata.get("tags", ()):
                recorded[cell.id] = [small(output) for output in cell.outputs]
    (ASSIGNMENT.folder / OUTPUTS).write_text(json.dumps(recorded, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
