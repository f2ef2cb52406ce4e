"""Measure how the CPU time of what the grader does with a student's content grows: n, 2n, 4n of every kind of content.

    python -m tests.quality.growth [PART OF A NAME]

For each kind: CPU-seconds of cleaning and judging's parsing, and of rendering both pages, at three sizes. Exit status 1
if doubling a content costs more than MAX_GROWTH times as much, or one notebook more than MAX_SECONDS.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.nbgrader_plugin.exporters import cheap_to_render
from tests.helpers.course_fixture import PIXEL
from tests.helpers.rendered_pages import rendered_pages
from tests.submission.test_clean_html import display, grade_with, submission
from tests.submission.test_clean_outputs import TABLE
from tests.submission.test_colours import SLOW

MAX_GROWTH, MAX_SECONDS = 2.4, 10.0
NOISE = 1.0  # CPU-seconds: growth is not judged below that, since a busy machine doubles short times
Content = tuple[list[Any], list[Any]]  # added cells, outputs


def _shown(text: str) -> Content:
    return [], [{"output_type": "stream", "name": "stdout", "text": text}]


def _cells(source: str, number: int, code: bool = False) -> Content:
    new_cell: Callable[[str], NotebookNode] = new_code_cell if code else new_markdown_cell
    return [new_cell(source) for _ in range(number)], []


def _displays(data: dict[str, str], number: int) -> Content:
    return [], [display(data)] * number


MARKDOWN = [
    "*a_ ", "[", "[](files/", "](", "![", "`", "``` ", "<b>", "<", "&", "\\", "$", "$$", "$a$ ", "> ", "- ", "  - ",
    "|a", "| a |\n|---|\n", "# a\n", "\\begin{a}", "**a** ", "_a", "~~", "<!--", "[a]: b\n", "http://a ",
    "1. a\n", "\n \n", "\t", "あ", "<a href=", "<![CDATA[", "![a](b.png)",
]  # fmt: skip
CODE = [
    "a+1-", "'", "f'{", "(", "\\\n", "%perl ", "s{s{", "'\\\\", "\\N{", "@a.", "\n ", "0_", '"""', "{a:", "%%perl\n",
    "あ", "!a\n", "#",
]  # fmt: skip
HTML = [
    "<b>x</b>", "<div>", TABLE, "<p style='color:red'>", "<img src=x.png>", "&amp;", "<a href='http://a'>x</a>", "<!--",
    "\\rule ",
]  # fmt: skip


def _kinds() -> dict[str, Callable[[int], Content]]:
    """Name → the content at size n."""
    coloured = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[31mx"] * 20_000}
    kinds: dict[str, Callable[[int], Content]] = {
        "latex": lambda n: _displays({"text/latex": "$\\frac{a}{b}$" * 1000}, 100 * n),
        "displays": lambda n: _displays({"text/plain": "x"}, 2_000 * n),
        "pictures": lambda n: _displays({"image/png": PIXEL, "text/plain": "x"}, 1_000 * n),
        "errors": lambda n: ([], [coloured] * n),
        "added cells": lambda n: _cells("a = 1", 400 * n, code=True),
    }
    for name, text in SLOW.items():
        kinds[f"printed: {name}"] = lambda n, text=text: _shown(text * n)  # type: ignore[misc]
    for unit in MARKDOWN:
        kinds[f"markdown {unit!r}"] = lambda n, unit=unit: _cells(unit * (2_500 * n // len(unit)), 1)  # type: ignore[misc]
        kinds[f"markdown cells {unit!r}"] = lambda n, unit=unit: _cells(unit * 500, 3 * n)  # type: ignore[misc]
    for unit in CODE:
        for magic in ("", "%%perl\n", "%%R\n"):
            kinds[f"code {magic!r} {unit!r}"] = lambda n, text=(magic, unit): _cells(  # type: ignore[misc]
                text[0] + text[1] * (12_000 * n // len(text[1])), 1, code=True
            )
    for unit in HTML:
        page = {"text/html": unit * (60_000 // len(unit)), "text/plain": "x"}
        kinds[f"html {unit[:20]!r}"] = lambda n, page=page: _displays(page, 4 * n)  # type: ignore[misc]
    return kinds


def seconds(content: Content) -> tuple[float, float]:
    """CPU-seconds of grading a notebook with this content, and of rendering its two pages."""
    cells, outputs = content
    submitted = submission(cells)
    start = time.process_time()
    result = grade_with(submitted, outputs)
    graded = time.process_time()
    rendered_pages(cheap_to_render(nbformat.from_dict(result.notebook)))
    return graded - start, time.process_time() - graded


def main(wanted: str = "") -> int:
    """Print the kinds that grow or cost too much, and the ten dearest. → exit status."""
    seconds(_cells("a = 1", 1, code=True))
    base = seconds(([], []))
    dearest: list[tuple[float, str]] = []
    failed = False
    for name, content in _kinds().items():
        if wanted not in name:
            continue
        measured = [seconds(content(n)) for n in (1, 2, 4)]
        dearest.append((max(map(sum, measured)), name))
        for step, times in zip(("grading", "pages"), zip(*measured, strict=True), strict=True):
            net = [max(t - b, 0.0) for t, b in zip(times, [base[step == "pages"]] * 3, strict=True)]
            if net[2] > NOISE and net[2] > MAX_GROWTH * max(net[1], NOISE / 2):
                print(f"{name}: {step} {times[0]:.2f} → {times[1]:.2f} → {times[2]:.2f} CPU-s")
                failed = True
        failed |= dearest[-1][0] > MAX_SECONDS
    print(*(f"{cost:6.2f} CPU-s  {name}" for cost, name in sorted(dearest)[:-11:-1]), sep="\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
