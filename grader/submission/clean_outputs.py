"""Rebuild the outputs of a student's cells from known fields, so that they are valid, bounded and inactive."""

from __future__ import annotations

import json
from collections.abc import Iterable

from nbformat import NotebookNode

from grader.submission.clean_html import MAX_HTML_CHARS, PICTURE_EXTENSIONS, clean_html, clean_markdown
from grader.submission.colours import ColourBudget, settle
from grader.submission.fields import as_picture, as_text
from grader.submission.formulas import stays_in_place
from grader.submission.language import gettext

MAX_OUTPUT_BYTES = 24 << 20  # of one notebook; see `_size`
LINE_BYTES = 50  # that a line counts more: nbformat makes a string of it
MARKUP_BYTES, QUOTE_BYTES = 24, 9  # that "<" or a quote counts more: nbconvert parses its page, 2 µs for each "&lt;"
MAX_CHECKED_CHARS = 1_000_000  # of HTML in one notebook: nh3 needs 5 s for the worst, 0.1 s for tables
MAX_CHECKED_TAGS = (
    60_000  # in that HTML: readers of the page need 0.06 ms and 1.5 kB for each; a table of 60 × 20 has 2,500
)
MAX_OUTPUTS = 2_000  # of one cell, so much that a page can still be scrolled
MAX_FRAMES = 1_000  # parts of a traceback: nbconvert needs 25 µs for each; more are joined to one
MIN_OUTPUT_CHARS = 50  # as JSON
MARKDOWN_COST = 20  # one character of Markdown takes as long to check as 20 of HTML
MAX_OUTPUT_PICTURE_CHARS = 8 << 20  # of base64
MAX_PIXELS = 10_000  # width or height that an output's metadata may ask for


class OutputBudget:
    """Limits the size of all outputs of one notebook, and the HTML and the colours in them."""

    def __init__(self) -> None:
        self._bytes_left, self._chars_left, self._tags_left = MAX_OUTPUT_BYTES, MAX_CHECKED_CHARS, MAX_CHECKED_TAGS
        self._colours = ColourBudget()

    def clean(self, outputs: Iterable[object]) -> list[NotebookNode]:
        """Return one cell's outputs, cleaned. Once a limit is reached, a note replaces the rest of them."""
        cleaned: list[NotebookNode] = []
        for number, untrusted in enumerate(outputs):
            if number >= MAX_OUTPUTS or self._bytes_left <= 0:
                return settle([*cleaned, _omitted()], self._colours)
            output = clean_output(untrusted, self._chars_left if _tags(untrusted) <= self._tags_left else 0)
            self._tags_left -= _tags(output)
            self._chars_left -= _checked_chars(untrusted, self._chars_left)
            size = _size(json.dumps(output))
            if size > self._bytes_left:
                return settle([*cleaned, _omitted()], self._colours)
            self._bytes_left -= size
            cleaned.append(output)
        return settle(cleaned, self._colours)


def _size(as_json: str) -> int:
    """How much an output counts: its JSON, and what lines and escaped characters take when it is written and shown."""
    markup, quotes = (sum(map(as_json.count, characters)) for characters in ("<>&", ["'", '\\"']))
    return len(as_json) + LINE_BYTES * as_json.count("\\n") + MARKUP_BYTES * markup + QUOTE_BYTES * quotes


def _omitted() -> NotebookNode:
    return _new_output("stream", name="stderr", text=gettext("出力が多いので、ここで省きました") + "\n")


def kept_outputs(outputs: Iterable[object], max_chars: int, max_text: int, max_picture: int) -> list[NotebookNode]:
    """Return submitted outputs as streams and PNG displays only: an `execute_result` could be read as a score.

    max_chars: of all as JSON; the rest is left out, and reading stops. max_text, max_picture: characters of one output.
    """
    kept: list[NotebookNode] = []
    for _, output in zip(range(MAX_OUTPUTS), outputs, strict=False):
        if max_chars < MIN_OUTPUT_CHARS:
            break
        small = _text_or_png(output, max_text, min(max_picture, max_chars))
        if small is not None and (size := len(json.dumps(small))) <= max_chars:
            kept.append(small)
            max_chars -= size
    return settle(kept, ColourBudget())


def _text_or_png(output: object, max_text: int, max_picture: int) -> NotebookNode | None:
    if not isinstance(output, dict):
        return None
    data = output.get("data")
    if isinstance(data, dict) and (png := as_picture(data.get("image/png"), max_picture)):
        shown = NotebookNode({"image/png": png, "text/plain": "<Figure>"})
        return _new_output("display_data", data=shown, metadata=NotebookNode())
    plain = data.get("text/plain") if isinstance(data, dict) else output.get("text", output.get("evalue"))
    text = as_text(plain)[:max_text]
    return _new_output("stream", name="stdout", text=text + "\n") if text else None


def clean_output(untrusted: object, max_html: int = MAX_HTML_CHARS) -> NotebookNode:
    """Return a valid nbformat output with the known fields of `untrusted`.

    untrusted: what the student's process sent, normally a dict. max_html: characters of HTML that may be checked; a
    longer page is dropped.
    """
    fields = untrusted if isinstance(untrusted, dict) else {}
    kind = fields.get("output_type")
    if kind == "error":
        lines = fields.get("traceback")
        traceback = [as_text(line) for line in lines] if isinstance(lines, list) else []
        if len(traceback) > MAX_FRAMES:
            traceback = ["\n".join(traceback)]
        ename, evalue = as_text(fields.get("ename")), as_text(fields.get("evalue"))
        return _new_output("error", ename=ename, evalue=evalue, traceback=traceback)
    if kind in ("display_data", "execute_result"):
        count = fields.get("execution_count")
        counted = {"execution_count": count if type(count) is int else None} if kind == "execute_result" else {}
        data = NotebookNode(_clean_data(fields.get("data"), max_html))
        metadata = NotebookNode(_picture_sizes(fields.get("metadata")))
        return _new_output(kind, data=data, metadata=metadata, **counted)
    name = "stderr" if fields.get("name") == "stderr" else "stdout"
    return _new_output("stream", name=name, text=as_text(fields.get("text")))


def _new_output(kind: str, **fields: object) -> NotebookNode:
    """Return an output without validating it, which takes nbformat 2 ms; every caller fills in all fields."""
    return NotebookNode(output_type=kind, **fields)


def _tags(output: object) -> int:
    """Return an upper bound on the HTML elements that an output adds to a page."""
    data = output.get("data") if isinstance(output, dict) else None
    return as_text(data.get("text/html")).count("<") if isinstance(data, dict) else 0


def _checked_chars(untrusted: object, max_html: int) -> int:
    """Return how many characters of HTML `clean_output` checked, including those that it removed."""
    data = untrusted.get("data") if isinstance(untrusted, dict) else None
    costs = {"text/html": 1, "text/markdown": MARKDOWN_COST}
    sizes = [cost * len(as_text(data.get(mime))) for mime, cost in costs.items()] if isinstance(data, dict) else []
    return sum(size for size in sizes if size <= max_html)


def _clean_data(data: object, max_html: int) -> dict[str, str]:
    """Return the MIME types of a display that can be shown; if none can, a text that names them."""
    if not isinstance(data, dict):
        return {"text/plain": ""}
    kept = {mime: as_text(data.get(mime)) for mime in ("text/plain", "text/latex")}
    if not stays_in_place(kept["text/latex"]):
        kept = {"text/plain": kept["text/latex"]}
    kept |= {mime: as_picture(data.get(mime), MAX_OUTPUT_PICTURE_CHARS) for mime in PICTURE_EXTENSIONS}
    html, markdown = as_text(data.get("text/html")), as_text(data.get("text/markdown"))
    kept["text/html"] = clean_html(html) if len(html) <= max_html else ""
    kept["text/markdown"] = clean_markdown(markdown) if MARKDOWN_COST * len(markdown) <= max_html else ""
    kept = {mime: content for mime, content in kept.items() if content}
    if not kept and set(data) - {"text/plain"}:
        names = ", ".join(sorted(as_text(mime)[:60] for mime in data)[:5])
        kept["text/plain"] = gettext("（ここには表示できない形式です：{types}）").format(types=names)
    return kept or {"text/plain": ""}


def _picture_sizes(metadata: object) -> dict[str, NotebookNode]:
    """Return width and height (pixels) of pictures, the only output metadata that a page needs."""
    kept: dict[str, NotebookNode] = {}
    for mime in PICTURE_EXTENSIONS:
        sizes = metadata.get(mime) if isinstance(metadata, dict) else None
        if isinstance(sizes, dict):
            known = {k: v for k in ("width", "height") if type(v := sizes.get(k)) is int and 0 < v <= MAX_PIXELS}
            kept[mime] = NotebookNode(known)
    return {mime: sizes for mime, sizes in kept.items() if sizes}
