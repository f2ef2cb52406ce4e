"""What students wrote and showed, made safe to look at: nothing in it runs, frames, fetches or leads astray.

Judged by nh3 (it parses as browsers do) on what nbconvert makes of it, and applied where a student's content enters, so
`autograded/*.ipynb` is clean, whatever opens it. What the instructor wrote does not come here.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import nbformat
import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments.token import STANDARD_TYPES

MAX_MARKDOWN = 10_000  # characters; an observation has 500. mistune needs 0.4 s for the worst of this length
MAX_HTML = 300_000  # characters; a table of 60 × 20 has 60,000
MAX_TAGS = 15_000  # nh3 is quadratic in the depth: 0.6 s for the worst of this many
MAX_SHOWN = 24 << 20  # bytes of all outputs of a notebook
MAX_RICH = 1_000_000  # characters of HTML in a notebook: 5 s of nh3 for the worst, 0.1 s for tables
MARKDOWN_COST = 10  # a character of Markdown takes as long as so many of HTML
MAX_DEPTH = 100  # of nested elements; browsers stop at 512, and what reads the page after us may recurse
PICTURES = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}

# Of students' CSS classes those that mean something to a page; formgrader finds its buttons by class and its scores by
# id, so no others, and no ids at all.
CLASSES = frozenset({"dataframe", "highlight", *STANDARD_TYPES.values()}) - {""}
STYLES = {
    "text-align", "vertical-align", "color", "background-color", "font-weight", "font-style", "text-decoration",
    "white-space", "border", "border-collapse", "padding",
}  # fmt: skip
CELL = {"align", "colspan", "rowspan", "valign"}
ATTRIBUTES = {
    "*": {"class", "style", "title", "lang", "dir", "hidden"},
    "a": {"href"}, "img": {"src", "alt", "width", "height"}, "font": {"color"}, "ol": {"start"}, "details": {"open"},
    "table": {"border"}, "td": CELL, "th": CELL | {"scope"}, "tr": {"align"},
}  # fmt: skip
FENCE = re.compile(r"(`{3,}|~{3,})[^\n`~]+$", re.MULTILINE)  # with the name of a language behind it
CONTROLS = {n: f"&#{n};" for n in (*range(0x20), *range(0x7F, 0xA1), 0x2028, 0x2029)}
BOXES = {"": "☐ ", " checked": "☑ "}

# The rules that pandas puts before every table; what else students say in style sheets is dropped.
ROWS = [("tbody tr th:only-of-type", "vertical-align", "middle"), ("tbody tr th", "vertical-align", "top")]
HEADS = [[("thead th", "text-align", "right")], [("thead tr th", "text-align", "left")]]
HEADS.append([*HEADS[1], ("thead tr:last-of-type th", "text-align", "right")])  # the columns have levels


def _sheet(rules: list[tuple[str, str, str]]) -> str:
    """To the letter as pandas writes it."""
    told = "\n\n".join(f"    .dataframe {where} {{\n        {what}: {how};\n    }}" for where, what, how in rules)
    return f"<style scoped>\n{told}\n</style>\n"


PANDAS = tuple(_sheet(ROWS + head) for head in HEADS)


def text(value: Any) -> str:
    """A string of a notebook file (or the list of its lines) without what no file can hold; "" for anything else."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def picture(value: Any, limit: int) -> str:
    """The base64 of a picture, or ""."""
    data = text(value)
    try:
        return data if len(data) <= limit and b64decode("".join(data.split()), validate=True) else ""
    except (binascii.Error, ValueError):
        return ""


def html(source: str) -> str:
    """HTML without scripts, handlers, frames, forms, foreign style, and links to anything but the web.

    "" where it is too large to be looked at.
    """
    clean = _cleaned(source) if len(source) <= MAX_HTML else ""
    sheet = next((sheet for sheet in PANDAS if sheet in source), "")
    before, table, after = clean.partition('<table border="1" class="dataframe">')
    return before.rstrip("\n") + "\n" + sheet + table + after if table and sheet else clean


def markdown(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """Markdown that is harmless once nbconvert has rendered it.

    As it was written where nh3 finds nothing to remove in its rendering; else that rendering, cleaned, as one line of
    HTML, in which Markdown finds nothing to interpret; what is too long or cannot be rendered becomes plain text.
    Code has no language: some of pygments' 500 lexers need minutes for text of this length.
    """
    if len(source) > MAX_MARKDOWN:
        return verbatim(source)
    source = FENCE.sub(r"\1", source)
    try:
        page = _rendered(source, attachments or {}, anchors=True)
        if page.replace(" />", ">") == _cleaned(page):
            return source
        clean = _cleaned(_rendered(source, attachments or {}, anchors=False))
    except Exception:  # mistune and nbconvert meet arbitrary text here; a missing attachment raises, too
        return verbatim(source)
    return f"<div>{clean.translate(CONTROLS)}</div>" if clean else verbatim(source)


def verbatim(source: str) -> str:
    """Text as it is, for a Markdown cell."""
    return f'<pre style="white-space:pre-wrap">{escape(source).translate(CONTROLS)}</pre>'


class SizeBudget:
    """The outputs of one notebook, as many as a page can show: in each, what is known of its kind, built anew."""

    def __init__(self) -> None:
        self._total, self._rich = MAX_SHOWN, MAX_RICH

    def outputs(self, shown: list[Any]) -> list[NotebookNode]:
        """Those of one cell, in place of what the student's process said."""
        made: list[NotebookNode] = []
        for one in shown:
            new = output(one, self._rich)
            self._rich -= _rich(one, self._rich)
            size = len(json.dumps(new))
            if size > self._total:
                return [*made, _new("stream", name="stderr", text="出力が多いので、ここで省きました\n")]
            self._total -= size
            made.append(new)
        return made


def output(shown: Any, room: int = MAX_HTML) -> NotebookNode:
    """What a cell showed, built anew. room: characters of HTML that may be in it."""
    shown = shown if isinstance(shown, dict) else {}
    kind = shown.get("output_type")
    if kind == "error":
        lines = shown.get("traceback")
        traceback = [text(line) for line in lines] if isinstance(lines, list) else []
        return _new("error", ename=text(shown.get("ename")), evalue=text(shown.get("evalue")), traceback=traceback)
    if kind in ("display_data", "execute_result"):
        count = shown.get("execution_count")
        counted = {"execution_count": count if type(count) is int else None} if kind == "execute_result" else {}
        return _new(kind, data=_data(shown.get("data"), room), metadata=_sizes(shown.get("metadata")), **counted)
    name = "stderr" if shown.get("name") == "stderr" else "stdout"
    return _new("stream", name=name, text=text(shown.get("text")))


def _new(kind: str, **fields: Any) -> NotebookNode:
    made: NotebookNode = nbformat.v4.new_output(kind, **fields)
    return made


def _rich(shown: Any, room: int) -> int:
    """Characters of HTML that were looked at, whatever is left of them."""
    data = shown.get("data") if isinstance(shown, dict) else None
    costs = {"text/html": 1, "text/markdown": MARKDOWN_COST}
    sizes = [cost * len(text(data.get(mime))) for mime, cost in costs.items()] if isinstance(data, dict) else []
    return sum(size for size in sizes if size <= room)


def _data(data: Any, room: int) -> dict[str, str]:
    """A display's forms that can be shown; where none can, their names."""
    if not isinstance(data, dict):
        return {"text/plain": ""}
    kept = {mime: text(data.get(mime)) for mime in ("text/plain", "text/latex")}
    kept |= {mime: picture(data.get(mime), 8 << 20) for mime in PICTURES}
    page, written = text(data.get("text/html")), text(data.get("text/markdown"))
    kept["text/html"] = html(page) if len(page) <= room else ""
    kept["text/markdown"] = markdown(written) if MARKDOWN_COST * len(written) <= room else ""
    kept = {mime: content for mime, content in kept.items() if content}
    if not kept and set(data) - {"text/plain"}:
        names = ", ".join(sorted(text(mime)[:60] for mime in data)[:5])
        kept["text/plain"] = f"（ここには表示できない形式です：{names}）"
    return kept or {"text/plain": ""}


def _sizes(metadata: Any) -> dict[str, Any]:
    """Width and height of pictures: the one thing in an output's metadata that a page needs."""
    kept: dict[str, dict[str, int]] = {}
    for mime in PICTURES:
        sizes = metadata.get(mime) if isinstance(metadata, dict) else None
        if isinstance(sizes, dict):
            kept[mime] = {k: v for k in ("width", "height") if type(v := sizes.get(k)) is int and 0 < v <= 10_000}
    return {mime: sizes for mime, sizes in kept.items() if sizes}


def _rendered(source: str, attachments: dict[str, dict[str, str]], anchors: bool) -> str:
    """As nbconvert shows it, with the boxes of task lists as characters: an `<input>` is not let through.

    anchors: with headings' ids, which nbconvert makes of their text. They could be taken for formgrader's own.
    """
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=not anchors)
    page = MarkdownWithMath(renderer=renderer).render(source)
    for checked, box in BOXES.items():
        page = page.replace(f'<input class="task-list-item-checkbox" type="checkbox" disabled{checked}/>', box)
    return page


def _cleaned(page: str) -> str:
    """What nh3 leaves; "" where it would take too long or nests too deep."""
    clean = str(_cleaner.clean(page)) if page.count("<") <= MAX_TAGS else ""
    return clean if _depth(clean) <= MAX_DEPTH else ""


def _attribute(element: str, name: str, value: str) -> str | None:
    """nh3 asks for each attribute that `ATTRIBUTES` lets through."""
    if name == "class":
        return " ".join(word for word in value.split() if word in CLASSES) or None
    if name == "href":
        return value if value.startswith(("#", "http://", "https://", "mailto:")) else None
    if name == "src":
        return value if _is_picture(value) else None
    return value


def _is_picture(url: str) -> bool:
    """Embedded, or a file beside the notebook. What is fetched from elsewhere would tell who looks, and when."""
    head, _, data = url.partition(";base64,")
    if head.startswith("data:"):
        return head.removeprefix("data:") in PICTURES and bool(picture(data, len(data)))
    path = unquote(url)
    inside = not path.startswith("/") and ".." not in path and not set(path) & set(":\\?#") and path.isprintable()
    return inside and path.lower().endswith((*PICTURES.values(), ".jpeg"))


class _Depth(HTMLParser):
    now = deepest = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("br", "hr", "img", "wbr", "col"):
            self.now += 1
            self.deepest = max(self.deepest, self.now)

    def handle_endtag(self, tag: str) -> None:
        self.now -= 1


def _depth(clean: str) -> int:
    """Of the elements of nh3's output, in which every element is closed."""
    parser = _Depth()
    parser.feed(clean)
    return parser.deepest


_cleaner = nh3.Cleaner(
    tags=(nh3.ALLOWED_TAGS | {"font", "tfoot"}) - {"area", "map"},
    clean_content_tags={"script", "style", "template", "title", "textarea", "noscript", "math", "svg"},
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    filter_style_properties=STYLES,
    url_schemes={"http", "https", "mailto", "data"},
    link_rel=None,
)
