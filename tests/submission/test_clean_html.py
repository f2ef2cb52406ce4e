"""Nothing that a student wrote or displayed is active in the pages that people open (feedback, formgrader)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from html import unescape
from typing import Any
from urllib.parse import quote

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.strings import strip_files_prefix
from nbformat import NotebookNode

from grader.grading.grade import Result
from grader.nbgrader_plugin.course import PROJECT
from grader.submission import clean_html
from grader.submission.clean_html import MAX_MARKDOWN_CHARS, clean_markdown, preformatted
from grader.submission.clean_outputs import clean_output
from grader.submission.rebuild import rebuild
from tests.helpers.course_fixture import PIXEL
from tests.helpers.forged import graded
from tests.helpers.rendered_pages import Page, active_content, fetched_from_elsewhere, rendered_pages
from tests.submission.test_formulas import MOVING

CELLS = "setup", "iris_hookup", "iris_hookup_checks", "iris_observation"  # pages of all 43 would take a second each
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
DATA = "data:text/html;base64," + base64.b64encode(b"<script>alert(1)</script>").decode()

# Raw HTML: used as an output of type text/html, in Markdown, and as plain text everywhere else.
HTML = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="x.png" onload="alert(1)" onmouseover=alert(1)>',
    "<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    '<form action="https://evil.example"><button formaction="javascript:alert(1)">x</button></form>',
    "<input autofocus onfocus=alert(1)><select autofocus onfocus=alert(1)></select>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="&#106;avascript&colon;alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href=" &#1;javascript:alert(1)">x</a>',
    f'<a href="{DATA}">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="files/javascript:alert(1)">x</a>',
    '<a href="evil.html">x</a>',
    '<a href="//evil.example/">x</a>',
    f'<iframe src="{DATA}"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)"><applet code=x></applet>',
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)"><base href="https://evil.example/">',
    '<link rel=stylesheet href="https://evil.example/x.css"><style>@import "https://evil.example/y.css";</style>',
    '<p style="background:url(https://evil.example/z); position:fixed; color:red">x</p>',
    '<div id="iris_hookup_checks" class="score full-credit tabbable" data-link="x" contenteditable>x</div>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    "<template><script>alert(1)</script></template><textarea><img src=x onerror=alert(1)></textarea>",
    "<xmp><img src=x onerror=alert(1)></xmp><plaintext><script>alert(1)</script>",
    "<!--><img src=x onerror=alert(1)>--><![CDATA[<script>alert(1)</script>]]><?php <script>alert(1)</script> ?>",
    "<details open ontoggle=alert(1)>x</details><video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    '<img src="https://evil.example/who.png"><img src="../../../api"><img src="%2e%2e/x.png"><img srcset="x 1x">',
    f'<img src="data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}">',
    "<b><i></b></i><p></div></div></div></body></html><script>alert(1)</script>",
    "<div></pre></code></textarea></script><script>alert(1)</script></div>",
]
# Attacks in Markdown syntax.
MARKDOWN = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1) 'title')",
    '![x](x.png" onerror="alert(1))',
    "![x](x \"' onerror=alert(1) x='\")",
    '!["onerror=alert(1) x="](x.png)',
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[x][r]\n\n[r]: <java script:alert(1)>",
    f"[x]({DATA})",
    "<javascript:alert(1)>",
    "[x](files/javascript:alert(1))",
    "![x](https://evil.example/who.png)",
    "![x](attachment:evil.svg)",
    "```mermaid\n<script>alert(1)</script>\n```",
    "```mermaid\n</pre></div><img src=x onerror=alert(1)>\n```",
    '```"><script>alert(1)</script>\ncode\n```',
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |\n",
    "- <script>\n  alert(1)\n  </script>\n",
    "> <iframe src=javascript:alert(1)>\n",
    "# iris_hookup_checks\n\n## <script>alert(1)</script>\n",
    "$\\href{javascript:alert(1)}{x}$ $\\unicode[';alert(1)']{1}$ $<script>alert(1)</script>$",
    "$$\n</script><script>alert(1)</script>\n$$",
    "\\begin{equation}<img src=x onerror=alert(1)>\\end{equation}",
    "<div>\n\n[x](javascript:alert(1))\n\n&#13;&#13;[y](javascript:alert(1))&#10;&#10;<b>z</b>\n\n</div>",
    "<b>&#13;&#13;</b>\n<script>alert(1)</script>",
    "a\r\r<script\r>alert(1)</script>\x0c\x0b\u2028<img/src=x/onerror=alert(1)>",
    "[a]: x\n    <script>alert(1)</script>\n\nterm\n: <script>alert(1)</script>\n",
]
# Addresses of pictures outside the page's own folder; for the first, Chromium asked another host.
ELSEWHERE = [
    " //evil.example/x.png", "files///evil.example/x.png", "/files///evil.example/x.png", "files//evil.example/x.png",
    "files/files///evil.example/x.png", "files/https://evil.example/x.png", "/files/https://evil.example/x.png",
    "//evil.example/x.png", "///evil.example/x.png", "/x.png", "https://evil.example/x.png", "HTTPS://evil.example/x.png",
    "https:evil.example/x.png", "https:/\\evil.example/x.png", "\\\\evil.example\\x.png", "/\\evil.example/x.png",
    "\\/evil.example/x.png", "\t//evil.example/x.png", "/\t/evil.example/x.png", "\x01//evil.example/x.png",
    "\u3000//evil.example/x.png", "ht\ntps://evil.example/x.png", "&#47;/evil.example/x.png",
    "&sol;&sol;evil.example/x.png", "&#x20;//evil.example/x.png", "&Tab;//evil.example/x.png", "%2e%2e/x.png",
    "..%2fx.png", ".%2e/x.png", "../x.png", "%ff/x.png", "a%00.png", "%252e%252e/x.png", "a%0a.png",
    "a/../../x.png", "a/%2E%2e/../../x.png", "..\\x.png", "files/../../x.png", "ftp://evil.example/x.png",
    "file:///etc/x.png", "blob:https://evil.example/x.png", "filesystem:x.png", "cid:x.png", "view-source:x.png",
    "DATA:image/svg+xml;base64,PHN2Zz4=", "data:image/svg+xml,%3Csvg%3E.png", "data:text/html,x.png", "data:,x.png",
    "data:image/png;charset=x;base64,AAAA.png", "x.png?https://evil.example", "//evil.example\\@x.png", "//[::1]/x.png",
    "//evil.example:80/x.png", "javascript:x.png", "https&colon;//evil.example/x.png", "files/ //evil.example/x.png",
    "files/\\\\evil.example/x.png", "files/%2F/evil.example/x.png", "FILES///evil.example/x.png", "．．/x.png",
]  # fmt: skip
ELSEWHERE_HTML = [
    '<img src="{}">', "<img src='{}' alt=x>", '<img alt=x srcset="{} 1x, {} 2x">', '<input type=image src="{}">',
    '<video poster="{}"></video>', '<picture><source srcset="{}"><img src=x.png></picture>', '<audio src="{}">',
    '<table background="{}"><tr><td background="{}">x</table>', '<body background="{}">', '<image src="{}">',
    '<p style="background:url({})">x</p>', '<p style="background-color: u\\72l({})">x</p>', '<embed src="{}">',
    '<ul style="list-style-image: url({}); color: red"><li>x</ul>', '<p style="border-image: url({}) 1">x</p>',
    '<svg><image href="{}" xlink:href="{}"/></svg>', '<svg><use href="{}"/></svg>', '<link rel=icon href="{}">',
    '<object data="{}"></object>', '<link rel=prefetch href="{}">', '<img longdesc="{}" lowsrc="{}" dynsrc="{}">',
    '<div style="content: image-set(\'{}\' 1x); color:red">x</div>', '<iframe src="{}"></iframe>',
]  # fmt: skip
ELSEWHERE_MARKDOWN = [
    "![x]({})",
    "![x](<{}>)",
    '![x]({} "t")',
    "![x][r]\n\n[r]: {}",
    "![r]\n\n[r]: <{}>",
    "[![x]({})](#a)",
]
LOCAL = ["plot.png", "figures/plot 1.png", "図.png", "files.png", "a.b/c-d_e(1).JPG", "plot%20(1).png", "%E5%9B%B3.png"]
TEXT = [
    "\x1b[31m<script>alert(1)</script>\x1b[0m",
    "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07",
    '\x1b[38;2;1;2;3"><script>alert(1)</script>m',
    "</pre><script>alert(1)</script>",
    "$\\href{javascript:alert(1)}{x}$",
    "\x00\u2028\ud800<script>",
]


def short_release() -> bytes:
    """The released notebook, reduced to `CELLS`."""
    notebook = nbformat.read(PROJECT / "release" / "loss_functions" / "iris.ipynb", as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id in CELLS]
    return str(nbformat.writes(notebook)).encode()


RELEASE = short_release()


def submission(
    cells: Sequence[NotebookNode] = (), answer: str = "", observation: str = "", attachments: Any = None
) -> bytes:
    """Return the released notebook with these answers, and with `cells` added before and after its own."""
    notebook = nbformat.reads(RELEASE.decode(), as_version=4)
    for cell in notebook.cells:
        if cell.id == "iris_hookup" and answer:
            cell.source = answer
        if cell.id == "iris_observation" and observation:
            cell.source = observation
            cell.attachments = attachments or {}
    notebook.cells = [*cells, *notebook.cells, *cells]
    return json.dumps(notebook).encode()


def grade_with(submitted: bytes, outputs: Sequence[Any] = (), text: str = "no") -> Result:
    """Grade a notebook whose first cell shows these outputs, and whose answers all raise an error with this text."""
    raised = {"raised": {"name": text[:100], "message": text, "line": text}}
    shows = iter([list(outputs)])
    return graded(submitted, RELEASE, ["iris_hookup_checks"], lambda source: next(shows, []), lambda question: raised)


@pytest.fixture(scope="module")
def untouched() -> list[Page]:
    """Both pages of a notebook that contains nothing from a student."""
    return [Page(page) for page in rendered_pages(grade_with(RELEASE).notebook)]


def assert_inert(result: Result, untouched: list[Page]) -> None:
    for page, page_before in zip(rendered_pages(result.notebook), untouched, strict=True):
        assert not active_content(Page(page), page_before)


def test_payloads_are_active_before_cleaning(untouched: list[Page]) -> None:
    """Otherwise the tests below would prove nothing. This version of mistune ignores some of the Markdown payloads."""

    def is_active(payload: str) -> bool:
        cell = nbformat.v4.new_markdown_cell(payload, attachments={"evil.svg": {"image/svg+xml": SVG}})
        page = HTMLExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0]
        return bool(active_content(Page(page), untouched[0]))

    assert not [payload for payload in HTML if not is_active(payload)]
    assert sum(is_active(payload) for payload in MARKDOWN) > len(MARKDOWN) / 2


def display(data: Any, metadata: Any = None, kind: str = "display_data") -> dict[str, Any]:
    return {"output_type": kind, "data": data, "metadata": metadata or {}}


def test_html(untouched: list[Page]) -> None:
    """In outputs, including isolated ones, and as Markdown, in added cells."""
    new = (nbformat.v4.new_markdown_cell, nbformat.v4.new_raw_cell, nbformat.v4.new_code_cell)
    added = [make(payload) for payload in HTML for make in new]
    outputs = [
        display(data, metadata)
        for payload in HTML
        for data, metadata in (
            ({"text/html": payload}, {"text/html": {"isolated": True}}),
            ({"text/html": payload.splitlines(True), "text/plain": payload, "text/latex": payload}, {}),
            ({"text/markdown": payload}, {}),
            ({"image/svg+xml": payload, payload: payload}, {}),
            ({"image/png": payload, "image/jpeg": f'{PIXEL}" onerror="alert(1)'}, {}),
        )
    ]
    outputs.append(display({"application/javascript": "alert(1)"}))
    assert_inert(grade_with(submission(added), outputs), untouched)


def test_markdown(untouched: list[Page]) -> None:
    added = [nbformat.v4.new_markdown_cell(payload) for payload in MARKDOWN]
    for cell in added:
        cell.attachments = {"evil.svg": {"image/svg+xml": SVG}, 'x" onerror="alert(1)': {"image/png": PIXEL}}
    assert_inert(
        grade_with(submission(added), [display({"text/markdown": payload}) for payload in MARKDOWN]), untouched
    )


@pytest.mark.parametrize("payloads", [HTML, MARKDOWN], ids=["html", "markdown"])
def test_observations(payloads: list[str], untouched: list[Page]) -> None:
    assert_inert(grade_with(submission(observation="\n\n".join(payloads))), untouched)


def test_texts(untouched: list[Page]) -> None:
    """Printed, raised, as a result, and quoted in the table of checks."""
    outputs = [
        output
        for payload in [*TEXT, *HTML]
        for output in (
            {"output_type": "stream", "name": payload, "text": payload},
            {"output_type": "stream", "name": "stderr", "text": payload},
            {"output_type": "error", "ename": payload, "evalue": payload, "traceback": [payload]},
            display({"text/plain": payload, "text/latex": payload}, {"image/png": {"width": payload}}),
        )
    ]
    result = grade_with(submission(answer="\n".join(HTML)), outputs, "".join(HTML))
    assert_inert(result, untouched)
    nbformat.writes(result.notebook).encode()


def test_pictures_come_from_the_pages_own_folder(untouched: list[Page]) -> None:
    """Judged on the page: nothing rewrites an address after it has been judged."""
    pairs = [(form, address) for form in (*ELSEWHERE_HTML[:1], *ELSEWHERE_MARKDOWN[:1]) for address in ELSEWHERE]
    pairs += [(form, address) for form in (*ELSEWHERE_HTML, *ELSEWHERE_MARKDOWN) for address in ELSEWHERE[:4]]
    payloads = [form.replace("{}", address) for form, address in pairs]
    added = [nbformat.v4.new_markdown_cell(text) for text in payloads]
    outputs = [display({kind: text}) for text in payloads for kind in ("text/html", "text/markdown")]
    result = grade_with(submission(added, observation="\n\n".join(payloads[::9])), outputs)
    for page, page_before in zip(rendered_pages(result.notebook), untouched, strict=True):
        assert not fetched_from_elsewhere(Page(page), page_before)


@pytest.mark.parametrize("address", LOCAL)
def test_pictures_beside_the_notebook_are_shown(address: str) -> None:
    cells = [nbformat.v4.new_markdown_cell(form.replace("{}", address)) for form in ('<img src="{}">', "![x](<{}>)")]
    for page in rendered_pages(grade_with(submission(cells)).notebook):
        shown = [attributes.get("src") for tag, attributes in Page(page).elements if tag == "img"]
        assert len(shown) == 4
        assert {address, quote(address, safe="/%()")} >= set(shown)


def test_the_feedback_page_runs_no_script_and_fetches_only_its_own_pictures(untouched: list[Page]) -> None:
    (policy,) = [a["content"] for tag, a in untouched[0].elements if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "img-src": "data: 'self'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not [element for element in untouched[0].elements if element[0] in ("script", "link", "iframe")]


def test_formulas_that_cover_other_content_are_shown_as_text(untouched: list[Page]) -> None:
    forms = [
        "$x{}$",
        "$$\n{}\n$$",
        "\\begin{{equation}}{}\\end{{equation}}",
        "\\\\({}\\\\)",
        "<p>$ {} $</p>",
        "<b>\\( {} \\)</b>",
    ]
    split = ["$\\sma<wbr>sh\\rla<!-- x -->p{4 / 4}$", "$&#92;smash&bsol;&#114;lap{4 / 4}$", "$\\ra<wbr/>ise 9em {x}$"]
    payloads = [form.replace("{}", text) for form in forms for text in MOVING[:12]] + split
    added = [nbformat.v4.new_markdown_cell(text) for text in payloads]
    outputs = [display({kind: text}) for text in payloads for kind in ("text/html", "text/markdown", "text/latex")]
    result = grade_with(submission(added, observation="\n\n".join(payloads)), outputs, "\n".join(payloads))
    for page, page_before in zip(rendered_pages(result.notebook), untouched, strict=True):
        shown = Page(page)
        found = re.findall(r"\\(?:smash|rlap|raise|rule|Rule|Space|lower|raisebox|llap|mathrlap)", shown.formulas)
        assert not found
        assert "\\smash" not in page_before.formulas
        assert "smash" in page, "the text itself is shown"


def test_students_cells_contain_their_paint(untouched: list[Page]) -> None:
    (sheet,) = [text for text in untouched[0].raw if "contain: paint" in text]
    rules = [line for line in sheet.splitlines() if "contain: paint" in line]
    assert ".text, .html, .code, .output { contain: paint; overflow: auto; position: static; }" in rules
    assert all("overflow: auto" in rule for rule in rules)


@pytest.mark.parametrize(
    "style",
    ["position:fixed", "padding:900em", "padding: -5px", "border: 99em solid white", "vertical-align: -300px",
     "padding: calc(9em * 99)", "padding: 1e9px", "padding: 9e9px", "vertical-align: 99999%", "padding:99vh",
     "color: var(--x)", "padding: 9\\65 9px", "border: 101px solid"],
)  # fmt: skip
def test_styles_neither_move_nor_enlarge(style: str) -> None:
    kept = clean_output(display({"text/html": f'<p style="{style}">x</p>'})).data["text/html"]
    assert not re.search('style="[^"]', kept)


def test_ordinary_styles_are_kept() -> None:
    page = '<p style="color:#1e90ff;background-color:rgb(255, 0, 10);text-align:center;padding:0.5em 10px">x</p>'
    assert clean_output(display({"text/html": page})).data["text/html"] == page


@pytest.mark.parametrize(
    "source", ["[" * 9_000, "[](files/" * 1_000, "![a](/files/" * 800, "](files/x)[" * 800, "[" * 40_000]
)
def test_nbconvert_finds_no_files_prefix_to_remove(source: str) -> None:
    """Its pattern needs cubic time for the second, quadratic for the first."""
    page = clean_html._render_markdown(clean_markdown(source), {}, heading_ids=True)
    assert page.count("[") <= clean_html.MAX_SQUARE_BRACKETS
    assert strip_files_prefix(page) == page
    assert unescape(re.sub(r"<[^>]*>", "", page)).strip()


@pytest.mark.parametrize(
    "metadata",
    [
        {"image/png": {"width": "1 onload=alert(1)", "height": "1>", "alt": '"><script>alert(1)</script>'}},
        {"filenames": {"image/png": "javascript:alert(1)"}, "image/png": {"unconfined": True, "width": 10**9}},
        {"image/png": ["x"], "text/html": {"isolated": True}},
    ],
)
def test_metadata_of_outputs(metadata: Any, untouched: list[Page]) -> None:
    outputs = [
        display({"image/png": PIXEL, "text/plain": "<Figure>"}, metadata),
        display({"text/html": "<b>x</b>"}, metadata),
    ]
    assert_inert(grade_with(RELEASE, outputs), untouched)


def test_widgets_and_state(untouched: list[Page]) -> None:
    view = "application/vnd.jupyter.widget-view+json"
    notebook = nbformat.reads(submission().decode(), as_version=4)
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": "</script><script>alert(1)"}}
    outputs = [display({view: {"model_id": "x"}, "text/plain": "slider"}), display({"application/json": {"a": [1]}})]
    result = grade_with(json.dumps(notebook).encode(), outputs)
    assert_inert(result, untouched)
    page = rendered_pages(result.notebook)[0]
    assert "slider" in page, "a display with text/plain is shown as text"
    assert "application/json" in page, "the MIME types of any other display are named"


@pytest.mark.parametrize(
    "source",
    [
        "損失は **0.47** まで下がりました。\n\n- 1回目\n- 2回目\n\n`a < b` と $a<b$、$$\\sum_i x_i$$",
        "| 重み | 再現率 |\n|:--|--:|\n| なし | 0.3 |\n\n1. a\n2. b\n\n> 引用 <https://example.com/?a=1&b=2>",
        "```\nfor x in range(3):\n    print(x < 1)\n```\n\n[資料](https://example.com)<br>![図](plot.png)",
    ],
)
def test_harmless_markdown_is_unchanged(source: str) -> None:
    assert clean_markdown(source) == source


def test_a_picture_pasted_into_an_observation_is_shown() -> None:
    attachments = {"plot.png": {"image/png": PIXEL}}
    clean = rebuild(submission(observation="![図](attachment:plot.png) 下がりました", attachments=attachments), RELEASE)
    (cell,) = [c for c in clean.notebook.cells if c.id == "iris_observation"]
    assert cell.attachments == attachments
    assert PIXEL in rendered_pages(clean.notebook)[0]
    beside = submission(observation="# 見出し\n![図](attachment:plot.png)", attachments=attachments)
    (cell,) = [c for c in rebuild(beside, RELEASE).notebook.cells if c.id == "iris_observation"]
    assert PIXEL in cell.source, "also if the rendering had to be cleaned"


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_code_blocks_lose_their_language(fence: str) -> None:
    """pygments' lexer for gherkin needs 12 s for 10,000 line ends."""
    assert clean_markdown(f"{fence}gherkin\nあ `b`\n{fence}\n\n- x\n  {fence} ng2\n  y\n  {fence}") == (
        f"{fence}\nあ `b`\n{fence}\n\n- x\n  {fence}\n  y\n  {fence}"
    )


def test_headings_have_no_ids() -> None:
    """nbconvert derives them from the text, and formgrader finds a cell's score by its id."""
    assert clean_markdown("## iris_hookup_checks") == "<div><h2>iris_hookup_checks</h2>&#10;</div>"


def test_task_lists_keep_their_checkboxes() -> None:
    page = clean_markdown("- [ ] a\n- [x] b")
    assert "☐ a" in page
    assert "☑ b" in page


def test_markdown_that_cannot_be_rendered_is_shown_as_text(untouched: list[Page]) -> None:
    """A missing attachment makes nbconvert raise, so there would be no feedback."""
    sources = ["![](attachment:missing.png)", "a" * (MAX_MARKDOWN_CHARS + 1), "<b>" * 3000]
    result = grade_with(submission([nbformat.v4.new_markdown_cell(source) for source in sources]))
    assert_inert(result, untouched)
    for page in rendered_pages(result.notebook):
        assert all(source[:30] in unescape(page) for source in sources)


@pytest.mark.parametrize("payload", [*HTML, *MARKDOWN])
def test_clean_markdown_stays_clean_when_rendered_again(payload: str) -> None:
    """nbconvert renders the cleaned text again: the page must be what nh3 left, and nothing more."""
    page = clean_html._render_markdown(clean_markdown(payload), {}, heading_ids=True).replace(" />", ">")
    page = re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), page)
    assert clean_html._nh3_clean(page) == page.replace("<pre>\n", "<pre>")


@pytest.mark.parametrize("deep", ["<b>" * 14_000, "<div>" * 14_000, "<table><tr><td>" * 4_000, "<ul><li>" * 7_000])
def test_deep_html_is_dropped(deep: str) -> None:
    assert clean_output(display({"text/html": deep, "text/plain": "x"})).data == {"text/plain": "x"}


def test_formgraders_page_loads_mathjax_in_safe_mode(untouched: list[Page]) -> None:
    """`\\href{javascript:…}` in a formula is refused by MathJax, in its safe mode."""
    scripts = [a.get("src", "") for tag, a in untouched[1].elements if tag == "script"]
    (source,) = [address for address in scripts if "mathjax" in address.lower()]
    assert source.endswith(",Safe")


def test_what_is_shown_again_and_again_is_bounded() -> None:
    """A text of 4,000 characters can refer a thousand times to a picture, or to a long address."""
    icon, photo = ({"a": {"image/png": PIXEL * times}} for times in (1, 10_000))
    shown = "![](attachment:a) "
    assert clean_markdown(3 * shown, icon) == 3 * shown
    assert clean_markdown(shown, photo) == shown
    assert clean_markdown(200 * shown, photo) == preformatted(200 * shown)
    entity = "![](&#97;ttachment:a) "
    assert clean_markdown(150 * entity, photo) == preformatted(150 * entity)
    address = f"[a]: https://example.org/{'a' * 1900}\n\n" + 600 * "[a] "
    assert clean_markdown(address) == preformatted(address)
