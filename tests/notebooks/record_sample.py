"""Record what a student's long run shows, for the sample class: `python -m tests.notebooks.record_sample`, 3 minutes.

With a language, `… record_sample en`, it records what that edition's notebooks print.
It runs the solved notebooks in a Jupyter kernel, on the generated stand-in images, and keeps the outputs of the cells
that a person needs for the observations. Pictures get 16 colours: the file has a third of the size.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from dataclasses import replace
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


def main(language: str = "") -> None:
    """Write the file of the assignment, or of its edition in that language."""
    assignment = replace(ASSIGNMENT, language=language)
    os.environ |= {IMAGES_VARIABLE: str(stand_in(IMAGES)), "OMP_NUM_THREADS": "1"}
    recorded = {}
    for name in ("iris", "imbalanced_cifar10"):
        notebook = nbformat.read(SOURCE.parent / assignment.id / f"{name}.ipynb", as_version=4)
        NotebookClient(notebook, timeout=1800, kernel_name="python3").execute()
        for cell in notebook.cells:
            if KEEP_OUTPUT_TAG in cell.metadata.get("tags", ()):
                printed = "".join(output.get("text", "") for output in cell.outputs)
                kept = printed if language else [small(output) for output in cell.outputs]
                recorded |= {cell.id: kept} if kept else {}
    (assignment.translation / OUTPUTS).write_text(json.dumps(recorded, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
