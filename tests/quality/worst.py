"""Measure the worst notebooks that the limits allow: what cleaning them and showing them costs the trusted side.

    python -m tests.quality.worst [PART OF A NAME]

For each: CPU-seconds of grading (without running the cells) and of both pages, and how much memory the process takes
more than before. Exit status 1 if one takes more than MAX_SECONDS or MAX_BYTES.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.nbgrader_plugin.exporters import cheap_to_render
from grader.submission.clean_html import MAX_MARKDOWN_CHARS
from grader.submission.clean_outputs import (
    LINE_BYTES,
    MARKUP_BYTES,
    MAX_CHECKED_CHARS,
    MAX_OUTPUT_BYTES,
    MAX_OUTPUTS,
    QUOTE_BYTES,
)
from grader.submission.parse import MAX_CELL_PICTURE_CHARS, MAX_CELLS, MAX_NOTEBOOK_BYTES, MAX_PARTS, MAX_PICTURE_CHARS
from grader.submission.rebuild import MAX_CODE_CHARS, MAX_RENDERED_CHARS, MAX_SOURCE_CHARS
from tests.helpers.rendered_pages import rendered_pages
from tests.submission.test_clean_html import display, grade_with, submission

MAX_SECONDS, MAX_BYTES = 10.0, 500_000_000
RELEASED_CELLS = 40  # at least as many as a release has
Content = tuple[list[Any], list[Any]]  # added cells (submitted at the top and at the end), outputs of the first of them


def _stream(text: str) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _code(unit: str) -> list[Any]:
    sources = [unit * (MAX_SOURCE_CHARS // len(unit))] * (MAX_CODE_CHARS // MAX_SOURCE_CHARS)
    return [new_code_cell(source) for source in sources]


def _markdown(unit: str, length: int = MAX_MARKDOWN_CHARS, chars: int = MAX_RENDERED_CHARS) -> list[Any]:
    return [new_markdown_cell(unit * (length // len(unit))) for _ in range(chars // length)]


def _pictures() -> list[Any]:
    """Cells with as many pictures as their limits and the file's allow."""
    large = {"image/png": "A" * MAX_PICTURE_CHARS}
    names = [f"{number}.png" for number in range(MAX_CELL_PICTURE_CHARS // MAX_PICTURE_CHARS)]
    shown = " ".join(f"![x](attachment:{name})" for name in names)
    cells = MAX_NOTEBOOK_BYTES // MAX_CELL_PICTURE_CHARS // 2
    return [new_markdown_cell(shown, attachments=dict.fromkeys(names, large)) for _ in range(cells)]


def _file(unit: str, parts: int) -> list[Any]:
    """One cell whose outputs fill the file: dictionaries of `unit`, and one long string of wide characters."""
    cell = new_code_cell("1")
    cell.outputs = json.loads("[" + ",".join([unit] * (MAX_PARTS // 2 // parts - 1000)) + "]")
    used = len(json.dumps(cell)) * 2 + 3_000_000  # of cells beside it
    cell.outputs.append("😀" + "x" * ((MAX_NOTEBOOK_BYTES - used) // 2 - 100))
    return [cell]


NESTED = "<div>" * 5_000
WORST: dict[str, Callable[[], Content]] = {
    "a file of objects": lambda: (_file('{"a": 1}', 3), []),
    "a file of lists": lambda: (_file("[]", 2), []),
    "a file of short strings": lambda: (_file('"😀"', 2), []),
    "many cells": lambda: ([new_code_cell("a") for _ in range((MAX_CELLS - RELEASED_CELLS) // 2)], []),
    "many text cells": lambda: ([new_markdown_cell("`" * 25) for _ in range((MAX_CELLS - RELEASED_CELLS) // 2)], []),
    "long text cells": lambda: (_markdown("&", MAX_SOURCE_CHARS, MAX_NOTEBOOK_BYTES // 2 - (1 << 20)), []),
    "code": lambda: (_code("a+"), []),
    "code that is an error": lambda: (_code("'"), []),
    "markdown: code": lambda: (_markdown("`"), []),
    "markdown: fences": lambda: (_markdown("``` "), []),
    "markdown: tables": lambda: (_markdown("| a |\n|---|\n"), []),
    "markdown: strikes": lambda: (_markdown("~~"), []),
    "pictures": lambda: (_pictures(), []),
    "printed": lambda: ([], [_stream("x" * (MAX_OUTPUT_BYTES - 1000))]),
    "printed markup": lambda: ([], [_stream("&" * (MAX_OUTPUT_BYTES // (1 + MARKUP_BYTES) - 1000))]),
    "printed quotes": lambda: ([], [_stream('"' * (MAX_OUTPUT_BYTES // (2 + QUOTE_BYTES) - 1000))]),
    "printed lines": lambda: ([], [_stream("\n" * (MAX_OUTPUT_BYTES // (2 + LINE_BYTES) - 1000))]),
    "coloured": lambda: ([], [_stream("\x1b[31ma\x1b[32mb" * 2_000 + "x" * 5_000_000)]),
    "a traceback": lambda: (
        [],
        [{"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[31mx"] * 300_000}],
    ),
    "many outputs": lambda: ([], [display({"text/plain": "x"}), _stream("x")] * (MAX_OUTPUTS // 2)),
    "html: nested": lambda: ([], [display({"text/html": NESTED})] * (MAX_CHECKED_CHARS // len(NESTED))),
    "html: elements": lambda: ([], [display({"text/html": "<b>x</b>" * 5_000})] * 25),
    "html: text": lambda: ([], [display({"text/html": "&amp;" * 50_000})] * 4),
    "latex": lambda: ([], [display({"text/latex": "$\\frac{a}{b}$" * 1_000})] * 1_500),
    "markdown outputs": lambda: ([], [display({"text/markdown": "`" * 4_000})] * 12),
    "pictures as outputs": lambda: ([], [display({"image/png": "A" * 1_000_000})] * 23),
}


def _together() -> Content:
    """As much of everything as fits into one notebook."""
    shown = [
        _stream("\x1b[31ma\x1b[32mb" * 2_000 + "x" * 1_000_000),
        *[display({"text/html": NESTED})] * 30,
        *[display({"text/html": "<b>x</b>" * 2_500})] * 10,
        *[display({"text/plain": "x"})] * 1_000,
        _stream("<" * 300_000),
    ]
    cells = [*_code("a+"), *_markdown("`"), *(new_code_cell("a") for _ in range(800)), *_file('{"a": 1}', 4)]
    return cells, shown


WORST["all together"] = _together


def _memory(field: str) -> int:
    """A field of this process's status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))


def measure(name: str) -> tuple[float, float, int, int]:
    """CPU-seconds of grading and of the pages, bytes of memory, characters of the larger page."""
    grade_with(submission([]), [])
    rendered_pages(cheap_to_render(nbformat.from_dict(grade_with(submission([])).notebook)))
    cells, outputs = WORST[name]()
    submitted = submission(cells)
    assert len(submitted) <= MAX_NOTEBOOK_BYTES
    del cells
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _memory("VmRSS"), time.process_time()
    result = grade_with(submitted, outputs)
    graded = time.process_time()
    assert all(score is not None for score in result.scores.values()), "above the limits"
    pages = rendered_pages(cheap_to_render(nbformat.from_dict(result.notebook)))
    return graded - start, time.process_time() - graded, _memory("VmHWM") - before, max(map(len, pages))


def main(wanted: str = "") -> int:
    """Print the costs. → exit status."""
    failed = False
    context = multiprocessing.get_context("spawn")
    for name in WORST:
        if wanted in name:
            with context.Pool(1) as pool:
                grading, pages, memory, size = pool.apply(measure, (name,))
            print(
                f"{grading:6.2f} + {pages:5.2f} CPU-s {memory / 1e6:5.0f} MB, page {size / 1e6:5.1f} MB  {name}",
                flush=True,
            )
            failed |= grading + pages > MAX_SECONDS or memory > MAX_BYTES
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
