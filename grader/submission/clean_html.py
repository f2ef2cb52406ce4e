"""Remove everything active from a student's HTML and Markdown: scripts, handlers, frames, forms, remote content.

nh3, which parses HTML as browsers do, checks the page that nbconvert renders. Text is cleaned where it enters the
notebook, so `autograded/*.ipynb` is safe in any viewer. The instructor's own cells are not cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.token import STANDARD_TYPES

from grader.submission.fields import as_picture
from grader.submission.formulas import stays_in_place

MAX_MARKDOWN_CHARS = (
    4_000  # an observation has 500. mistune is quadratic in "`": 0.1 s for this length, 0.6 s for 10,000
)
MAX_HTML_CHARS = 300_000  # a table of 60 × 20 has 60,000
# Of rendered Markdown, besides each picture once: a reference may show again what a text or the notebook holds once.
MAX_PAGE_CHARS = MAX_HTML_CHARS
MAX_TAGS = 15_000  # nh3 is quadratic in the nesting depth: 0.6 s for the worst input with this many
MAX_ELEMENT_DEPTH = 100  # browsers stop at 512, and later readers of the page may recurse
PICTURE_EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}

# Formgrader finds its buttons by class and its scores by id, so only classes for tables and highlighted code are
# allowed, and no ids at all.
WITHOUT_FORMULAS = "tex2jax_ignore"  # MathJax leaves the content of this class as text
ALLOWED_CLASSES = frozenset({"dataframe", "highlight", WITHOUT_FORMULAS, *STANDARD_TYPES.values()}) - {""}
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
SIZE_ATTRIBUTES = {"width", "height", "border", "colspan", "rowspan", "start"}
FENCE_WITH_LANGUAGE = re.compile(r"(`{3,}|~{3,})[^\n`~]+$", re.MULTILINE)
CONTROL_ESCAPES = {n: f"&#{n};" for n in (*range(0x20), *range(0x7F, 0xA1), 0x2028, 0x2029)}
# nbconvert looks for `[…](files/…)` in a rendered page, in quadratic time for each line with many "[", and rewrites it.
ESCAPES = CONTROL_ESCAPES | {ord("["): "&#91;"}
MAX_SQUARE_BRACKETS = 100  # in Markdown that is kept as it is
FILES_PREFIX = re.compile(r"\]\(/?files/|(?:src|href)=['\"]?/?files/")
TAG = re.compile(r"<[^>]*>")

# Forms of a picture's address. Nothing else is fetched: a request to elsewhere tells who reads the page, and when.
EMBEDDED = re.compile(r"data:(image/(?:png|jpeg|gif));base64,([A-Za-z0-9+/\s]*={0,2}\s*)")
PERCENT_ENCODED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
PATH = re.compile(
    r"(?:[\w(（][\w .,()（）+=~@-]{0,200}/){0,20}[\w(（][\w .,()（）+=~@-]{0,200}\.(?:png|jpe?g|gif)", re.IGNORECASE
)
STYLE = re.compile(r"[\w\s#%.,:;()-]{0,1000}")
STYLE_FUNCTION = re.compile(r"([\w-]*)\s*\(")
STYLE_LENGTH = re.compile(r"(-?)\s*([0-9.]+(?:e[+-]?[0-9]+)?)(%|[a-z]*)", re.IGNORECASE)
MAX_STYLE_LENGTH = {"": 1000, "px": 100, "pt": 100, "%": 100, "deg": 360}  # 10 in every other unit
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
    if not stays_in_place(_visible_text(clean)):
        clean = f'<div class="{WITHOUT_FORMULAS}">{clean}</div>'
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
    pictures = attachments or {}
    try:
        page = _render_markdown(source, pictures, heading_ids=True)
        in_place = stays_in_place(_visible_text(page))
        rewritten = FILES_PREFIX.search(page) or page.count("[") > MAX_SQUARE_BRACKETS
        if in_place and not rewritten and page.replace(" />", ">") == _nh3_clean(page):
            return source
        clean = _nh3_clean(_render_markdown(source, pictures, heading_ids=False))
    except Exception:  # mistune and nbconvert may raise anything on arbitrary text, or for a missing attachment
        return preformatted(source)
    ignored = "" if in_place and stays_in_place(_visible_text(clean)) else f' class="{WITHOUT_FORMULAS}"'
    return f"<div{ignored}>{clean.translate(ESCAPES)}</div>" if clean else preformatted(source)


def preformatted(source: str) -> str:
    """Return Markdown that shows the text exactly as it is."""
    return f'<pre style="white-space:pre-wrap">{escape(source).translate(ESCAPES)}</pre>'


class _Pictures(dict[str, dict[str, str]]):
    """A cell's attachments; each may be shown once, or several times if all that is shown is small.

    size: characters of all of them.
    """

    def __init__(self, attachments: Mapping[str, dict[str, str]]) -> None:
        super().__init__(attachments)
        self.size = sum(len(data) for name in self for data in super(_Pictures, self).__getitem__(name).values())
        self._left = self.size + MAX_PAGE_CHARS

    def __getitem__(self, name: str) -> dict[str, str]:
        """Raises ValueError if more would be shown: the renderer would put gigabytes together."""
        attachment = super().__getitem__(name)
        self._left -= max(map(len, attachment.values()), default=0)
        if self._left < 0:
            raise ValueError("a large picture is shown again and again")
        return attachment


def _visible_text(page: str) -> str:
    """Return the text of a page as MathJax reads it, across elements: never less than that."""
    return unescape(TAG.sub("", page)) if "\\" in page or "&" in page else ""


def _render_markdown(source: str, attachments: dict[str, dict[str, str]], heading_ids: bool) -> str:
    """Render as nbconvert does, but with task list checkboxes as characters, because `<input>` is not allowed.

    heading_ids: whether headings get the ids that nbconvert derives from their text; formgrader could take such an id
    for one of its own. Raises ValueError for a page of more than MAX_PAGE_CHARS besides each picture once; nh3, which
    reads it next, would end this process where memory is limited.
    """
    pictures = _Pictures(attachments)
    renderer = IPythonRenderer(escape=False, attachments=pictures, exclude_anchor_links=not heading_ids)
    page: str = MarkdownWithMath(renderer=renderer).render(source)
    if len(page) > MAX_PAGE_CHARS + pictures.size:
        raise ValueError("too large a page")
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
    if name == "style":
        return value if _is_small_style(value) else None
    if name in SIZE_ATTRIBUTES:
        return value if re.fullmatch(r"[0-9]{1,4}%?", value) else None
    return value


def _is_local_picture(url: str) -> bool:
    """Whether an address, exactly as the page has it, is an embedded picture or a file below the page's own folder.

    The folder `files` is excepted: nbconvert removes that prefix from the rendered page.
    """
    if embedded := EMBEDDED.fullmatch(url):
        return bool(as_picture(embedded[2], len(url)))
    if not PERCENT_ENCODED.fullmatch(url):
        return False
    path = unquote(url)  # bytes that are not UTF-8 become U+FFFD, which is in no path
    return bool(PATH.fullmatch(path)) and not path.lower().startswith("files/") and ".." not in path


def _is_small_style(style: str) -> bool:
    """Whether a style has plain values only, no addresses, and no lengths that move or enlarge much."""
    if not STYLE.fullmatch(style):
        return False
    if {name.lower() for name in STYLE_FUNCTION.findall(style)} - {"rgb", "rgba", "hsl", "hsla"}:
        return False
    values = re.sub(r"#[0-9A-Fa-f]{3,8}\b", "", style)
    return all(
        not minus and _number(number) <= MAX_STYLE_LENGTH.get(unit.lower(), 10)
        for minus, number, unit in STYLE_LENGTH.findall(values)
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


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
    tags=(nh3.ALLOWED_TAGS | {"font", "tfoot"}) - {"area", "map", "wbr"},  # MathJax reads across <wbr>
    clean_content_tags={"script", "style", "template", "title", "textarea", "noscript", "math", "svg"},
    attributes=ALLOWED_ATTRIBUTES,
    attribute_filter=_filter_attribute,
    filter_style_properties=ALLOWED_STYLES,
    url_schemes={"http", "https", "mailto", "data"},
    link_rel=None,
)
