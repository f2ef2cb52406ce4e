"""Remove everything active from a student's HTML and Markdown: scripts, handlers, frames, forms, remote content.

nh3, which parses HTML as browsers do, checks the page that nbconvert renders. Text is cleaned where it enters the
notebook, so `autograded/*.ipynb` is safe in any viewer. The instructor's own cells are not cleaned.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import unquote

import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.token import STANDARD_TYPES

from grader.submission.fields import as_picture

MAX_MARKDOWN_CHARS = 10_000  # an observation has 500. mistune needs 0.4 s for the worst input of this length
MAX_HTML_CHARS = 300_000  # a table of 60 × 20 has 60,000
MAX_TAGS = 15_000  # nh3 is quadratic in the nesting depth: 0.6 s for the worst input with this many
MAX_ELEMENT_DEPTH = 100  # browsers stop at 512, and later readers of the page may recurse
PICTURE_EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}

# Formgrader finds its buttons by class and its scores by id, so only classes for tables and highlighted code are
# allowed, and no ids at all.
ALLOWED_CLASSES = frozenset({"dataframe", "highlight", *STANDARD_TYPES.values()}) - {""}
ALLOWED_STYLES = {
    "text-align", "vertical-align", "color", "background-color", "font-weight", "font-style", "text-decoration",
    "white-space", "border", "border-collapse", "padding",
}  # fmt: skip
TABLE_CELL_ATTRIBUTES = {"align", "colspan", "rowspan", "valign"}
ALLOWED_ATTRIBUTES = {
    "*": {"class", "style", "title", "lang", "dir", "hidden"},
    "a": {"href"}, "img": {"src", "alt", "width", "height"}, "font": {"color"}, "ol": {"start"}, "details": {"open"},
    "table": {"border"}, "td": TABLE_CELL_ATTRIBUTES, "th": TABLE_CELL_ATTRIBUTES | {"scope"}, "tr": {"align"},
}  # fmt: skip
FENCE_WITH_LANGUAGE = re.compile(r"(`{3,}|~{3,})[^\n`~]+$", re.MULTILINE)
CONTROL_ESCAPES = {n: f"&#{n};" for n in (*range(0x20), *range(0x7F, 0xA1), 0x2028, 0x2029)}
CHECKBOXES = {"": "☐ ", " checked": "☑ "}

# The CSS rules that pandas writes before every table: (selector, property, value). All other style sheets are dropped.
Rules = list[tuple[str, str, str]]
PANDAS_ROWS: Rules = [
    ("tbody tr th:only-of-type", "vertical-align", "middle"),
    ("tbody tr th", "vertical-align", "top"),
]
PANDAS_HEADS: list[Rules] = [[("thead th", "text-align", "right")], [("thead tr th", "text-align", "left")]]
PANDAS_HEADS.append([*PANDAS_HEADS[1], ("thead tr:last-of-type th", "text-align", "right")])  # multi-level columns


def _style_sheet(rules: Rules) -> str:
    """Format CSS rules exactly as pandas does."""
    css = "\n\n".join(
        f"    .dataframe {selector} {{\n        {key}: {value};\n    }}" for selector, key, value in rules
    )
    return f"<style scoped>\n{css}\n</style>\n"


PANDAS_STYLE_SHEETS = tuple(_style_sheet(PANDAS_ROWS + head) for head in PANDAS_HEADS)


def clean_html(source: str) -> str:
    """Return HTML without scripts, handlers, frames, forms, style sheets, and links other than to the web.

    The style sheet of a pandas table is kept. Returns "" if the source is too large to be checked.
    """
    clean = _nh3_clean(source) if len(source) <= MAX_HTML_CHARS else ""
    sheet = next((sheet for sheet in PANDAS_STYLE_SHEETS if sheet in source), "")
    before, table, after = clean.partition('<table border="1" class="dataframe">')
    return before.rstrip("\n") + "\n" + sheet + table + after if table and sheet else clean


def clean_markdown(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """Return Markdown that is safe once nbconvert has rendered it. attachments: name → {MIME type: base64}.

    The source is unchanged if nh3 removes nothing from its rendering. Otherwise it is replaced by that rendering,
    cleaned, on one line of HTML, in which Markdown finds nothing to interpret. Text that is too long or cannot be
    rendered becomes preformatted text. The language of a code block is removed: some of pygments' 500 lexers need
    minutes for text of this length.
    """
    if len(source) > MAX_MARKDOWN_CHARS:
        return preformatted(source)
    source = FENCE_WITH_LANGUAGE.sub(r"\1", source)
    try:
        page = _render_markdown(source, attachments or {}, heading_ids=True)
        if page.replace(" />", ">") == _nh3_clean(page):
            return source
        clean = _nh3_clean(_render_markdown(source, attachments or {}, heading_ids=False))
    except Exception:  # mistune and nbconvert may raise anything on arbitrary text, or for a missing attachment
        return preformatted(source)
    return f"<div>{clean.translate(CONTROL_ESCAPES)}</div>" if clean else preformatted(source)


def preformatted(source: str) -> str:
    """Return Markdown that shows the text exactly as it is."""
    return f'<pre style="white-space:pre-wrap">{escape(source).translate(CONTROL_ESCAPES)}</pre>'


def _render_markdown(source: str, attachments: dict[str, dict[str, str]], heading_ids: bool) -> str:
    """Render as nbconvert does, but with task list checkboxes as characters, because `<input>` is not allowed.

    heading_ids: whether headings get the ids that nbconvert derives from their text; formgrader could take such an id
    for one of its own.
    """
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=not heading_ids)
    page = MarkdownWithMath(renderer=renderer).render(source)
    for checked, character in CHECKBOXES.items():
        page = page.replace(f'<input class="task-list-item-checkbox" type="checkbox" disabled{checked}/>', character)
    return page


def _nh3_clean(page: str) -> str:
    """Clean HTML with nh3; "" if that would take too long or the result nests too deep."""
    clean = str(_cleaner.clean(page)) if page.count("<") <= MAX_TAGS else ""
    return clean if _element_depth(clean) <= MAX_ELEMENT_DEPTH else ""


def _filter_attribute(element: str, name: str, value: str) -> str | None:
    """Return the value to keep, or None to drop the attribute; called by nh3 for each of `ALLOWED_ATTRIBUTES`."""
    if name == "class":
        return " ".join(word for word in value.split() if word in ALLOWED_CLASSES) or None
    if name == "href":
        return value if value.startswith(("#", "http://", "https://", "mailto:")) else None
    if name == "src":
        return value if _is_local_picture(value) else None
    return value


def _is_local_picture(url: str) -> bool:
    """Whether a URL is an embedded picture or a file beside the notebook; a remote one would track the reader."""
    head, _, data = url.partition(";base64,")
    if head.startswith("data:"):
        return head.removeprefix("data:") in PICTURE_EXTENSIONS and bool(as_picture(data, len(data)))
    path = unquote(url)
    inside = not path.startswith("/") and ".." not in path and not set(path) & set(":\\?#") and path.isprintable()
    return inside and path.lower().endswith((*PICTURE_EXTENSIONS.values(), ".jpeg"))


class _DepthParser(HTMLParser):
    depth = deepest = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("br", "hr", "img", "wbr", "col"):
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


def _element_depth(clean: str) -> int:
    """Return the nesting depth of nh3's output, in which every element is closed."""
    parser = _DepthParser()
    parser.feed(clean)
    return parser.deepest


_cleaner = nh3.Cleaner(
    tags=(nh3.ALLOWED_TAGS | {"font", "tfoot"}) - {"area", "map"},
    clean_content_tags={"script", "style", "template", "title", "textarea", "noscript", "math", "svg"},
    attributes=ALLOWED_ATTRIBUTES,
    attribute_filter=_filter_attribute,
    filter_style_properties=ALLOWED_STYLES,
    url_schemes={"http", "https", "mailto", "data"},
    link_rel=None,
)
