"""Nothing that a student wrote or showed is active in what instructors open: feedback, and formgrader's own pages."""

from __future__ import annotations

import base64
import json
import re
from html import escape
from pathlib import Path
from typing import Any

import html5lib
import nbformat
import nbgrader
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from grader.grading.grade import Result
from grader.nbgrader_plugin.course import PROJECT
from grader.nbgrader_plugin.preprocessors import FeedbackExporter
from grader.submission import clean_html as harmless
from grader.submission.clean_html import MAX_MARKDOWN, MAX_RICH, PANDAS, SizeBudget, markdown, output
from grader.submission.rebuild import rebuild
from tests.helpers.course_fixture import PIXEL
from tests.helpers.forged import graded

RELEASE = (PROJECT / "release" / "loss_functions" / "iris.ipynb").read_bytes()
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
DATA = "data:text/html;base64," + base64.b64encode(b"<script>alert(1)</script>").decode()

# Raw HTML: as an output of text/html, in Markdown, and as text in every other place.
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
# Markdown's own ways.
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
TEXT = [
    "\x1b[31m<script>alert(1)</script>\x1b[0m",
    "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07",
    '\x1b[38;2;1;2;3"><script>alert(1)</script>m',
    "</pre><script>alert(1)</script>",
    "$\\href{javascript:alert(1)}{x}$",
    "\x00\u2028\ud800<script>",
]
FORBIDDEN = {"iframe", "frame", "object", "embed", "applet", "form", "input", "button", "meta", "base", "link", "svg",
             "math", "textarea", "template", "noscript", "xmp", "plaintext", "video", "audio", "source"}  # fmt: skip


class Page:
    """Every element with its attributes, and the text of scripts and styles, as a browser finds them."""

    def __init__(self, html: str) -> None:
        tree = html5lib.parse(html, namespaceHTMLElements=False)
        found = [element for element in tree.iter() if isinstance(element.tag, str)]
        self.elements = [(element.tag.rpartition("}")[2], dict(element.attrib)) for element in found]
        self.raw = [str(element.text) for element in found if element.tag in ("script", "style")]


def active(page: Page, usual: Page) -> list[Any]:
    """What may do something, beyond the same page of a notebook that nobody has written in."""
    found: list[Any] = [text for text in page.raw if text not in usual.raw and text not in STYLES]
    for tag, attributes in page.elements:
        if (tag, attributes) in usual.elements:
            continue
        urls = [attributes[name].strip().lower() for name in ("href", "src", "srcset", "action") if name in attributes]
        harmful = [
            u for u in urls if not u.startswith(("#", "https://", "http://", "mailto:", "data:image/png;base64,"))
        ]
        fetched = tag != "a" and any(url.startswith(("http", "//")) for url in urls)
        handlers = [name for name in attributes if name.startswith("on") or name in ("srcdoc", "formaction")]
        handlers += [
            name for name in ("id", "data-link") if not attributes.get(name, "cell-id=").startswith("cell-id=")
        ]
        if tag in FORBIDDEN or tag == "script" or handlers or fetched or [u for u in harmful if not u.endswith(".png")]:
            found.append((tag, attributes))
        if "url(" in attributes.get("style", "") or "position" in attributes.get("style", ""):
            found.append((tag, attributes))
    return found


STYLES = [sheet.partition("<style scoped>")[2].partition("</style>")[0] for sheet in PANDAS]


def pages(notebook: NotebookNode) -> list[str]:
    """The notebook as students get it, and as formgrader shows it."""
    notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.update(score=None, comment=None)
    formgrader = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [str(formgrader)]
    feedback = Config()
    feedback.FeedbackExporter.template_name = "student_feedback"
    feedback.FeedbackExporter.extra_template_basedirs = [str(PROJECT / "grader" / "grading" / "templates")]
    about = {"notebook": "iris", "score": 0, "max_score": 6, "late_penalty": 0, "student": "x", "assignment": "y"}
    resources = {"nbgrader": about, "inlining": {"css": []}, "index": 0, "total": 1, "base_url": "/x"}
    made = [exporter.from_notebook_node(notebook, dict(resources))[0]
            for exporter in (FeedbackExporter(config=feedback), HTMLExporter(config=config))]  # fmt: skip
    return [str(page) for page in made]


def handed(cells: list[NotebookNode] = [], answer: str = "", observation: str = "", attachments: Any = None) -> bytes:  # noqa: B006
    notebook = nbformat.reads(RELEASE.decode(), as_version=4)
    for cell in notebook.cells:
        if cell.id == "iris_hookup" and answer:
            cell.source = answer
        if cell.id == "iris_observation" and observation:
            cell.source = observation
            cell.attachments = attachments or {}
    notebook.cells = [*cells, *notebook.cells, *cells]
    return json.dumps(notebook).encode()


def shown_by(submitted: bytes, outputs: list[Any] = [], text: str = "no") -> Result:  # noqa: B006
    """Graded, where the notebook's first cell shows these outputs, and every answer raises with this text."""
    raised = {"raised": {"name": text[:100], "message": text, "line": text}}
    shows = iter([outputs])
    return graded(submitted, RELEASE, ["iris_hookup_checks"], lambda source: next(shows, []), lambda question: raised)


@pytest.fixture(scope="module")
def usual() -> list[Page]:
    """Both pages of a notebook without anything of a student's."""
    return [Page(page) for page in pages(shown_by(RELEASE).notebook)]


def assert_inert(result: Result, usual: list[Page]) -> None:
    for page, before in zip(pages(result.notebook), usual, strict=True):
        assert not active(Page(page), before)


def test_as_handed_in_they_are_active(usual: list[Page]) -> None:
    """What `active` does not see would pass for safe. Some of Markdown's tricks do nothing to this mistune."""

    def seen(payload: str) -> list[Any]:
        cell = nbformat.v4.new_markdown_cell(payload, attachments={"evil.svg": {"image/svg+xml": SVG}})
        page = HTMLExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0]
        return active(Page(page), usual[0])

    assert not [payload for payload in HTML if not seen(payload)]
    assert sum(bool(seen(payload)) for payload in MARKDOWN) > len(MARKDOWN) / 2


def display(data: Any, metadata: Any = None, kind: str = "display_data") -> dict[str, Any]:
    return {"output_type": kind, "data": data, "metadata": metadata or {}}


def test_html(usual: list[Page]) -> None:
    """As outputs, isolated ones too, and as Markdown, in cells that were added."""
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
    assert_inert(shown_by(handed(added), outputs), usual)


def test_markdown(usual: list[Page]) -> None:
    added = [nbformat.v4.new_markdown_cell(payload) for payload in MARKDOWN]
    for cell in added:
        cell.attachments = {"evil.svg": {"image/svg+xml": SVG}, 'x" onerror="alert(1)': {"image/png": PIXEL}}
    assert_inert(shown_by(handed(added), [display({"text/markdown": payload}) for payload in MARKDOWN]), usual)


@pytest.mark.parametrize("payloads", [HTML, MARKDOWN], ids=["html", "markdown"])
def test_an_observation(payloads: list[str], usual: list[Page]) -> None:
    assert_inert(shown_by(handed(observation="\n\n".join(payloads))), usual)


def test_texts(usual: list[Page]) -> None:
    """Printed, raised, as a result, and as what the table of checks quotes."""
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
    result = shown_by(handed(answer="\n".join(HTML)), outputs, "".join(HTML))
    assert_inert(result, usual)
    nbformat.writes(result.notebook).encode()


@pytest.mark.parametrize(
    "metadata",
    [
        {"image/png": {"width": "1 onload=alert(1)", "height": "1>", "alt": '"><script>alert(1)</script>'}},
        {"filenames": {"image/png": "javascript:alert(1)"}, "image/png": {"unconfined": True, "width": 10**9}},
        {"image/png": ["x"], "text/html": {"isolated": True}},
    ],
)
def test_metadata_of_outputs(metadata: Any, usual: list[Page]) -> None:
    outputs = [
        display({"image/png": PIXEL, "text/plain": "<Figure>"}, metadata),
        display({"text/html": "<b>x</b>"}, metadata),
    ]
    assert_inert(shown_by(RELEASE, outputs), usual)


def test_widgets_and_state(usual: list[Page]) -> None:
    view = "application/vnd.jupyter.widget-view+json"
    notebook = nbformat.reads(handed().decode(), as_version=4)
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": "</script><script>alert(1)"}}
    outputs = [display({view: {"model_id": "x"}, "text/plain": "slider"}), display({"application/json": {"a": [1]}})]
    result = shown_by(json.dumps(notebook).encode(), outputs)
    assert_inert(result, usual)
    page = pages(result.notebook)[0]
    assert "slider" in page, "what has a text is shown as text"
    assert "application/json" in page, "what has not is named"


# As pandas 3.1 writes it: pd.DataFrame({"class": ["car", "cat <b>"], "recall": [0.5, 0.25]}).set_index("class")
TABLE = """<div>
<style scoped>
    .dataframe tbody tr th:only-of-type {
        vertical-align: middle;
    }

    .dataframe tbody tr th {
        vertical-align: top;
    }

    .dataframe thead th {
        text-align: right;
    }
</style>
<table border="1" class="dataframe">
  <thead>
    <tr style="text-align: right;">
      <th></th>
      <th>recall</th>
    </tr>
    <tr>
      <th>class</th>
      <th></th>
    </tr>
  </thead>
  <tbody>
    <tr>
      <th>car</th>
      <td>0.50</td>
    </tr>
    <tr>
      <th>cat &lt;b&gt;</th>
      <td>0.25</td>
    </tr>
  </tbody>
</table>
</div>"""


@pytest.mark.parametrize("heads", range(3))
def test_tables_of_pandas_look_as_before(heads: int) -> None:
    table = TABLE.replace(TABLE.partition("<style")[2].partition("<table")[0], PANDAS[heads].partition("<style")[2])
    assert table == TABLE or heads
    kept = output(display({"text/html": table})).data["text/html"]
    assert kept.replace("text-align:right", "text-align: right;") == table


def test_figures_stay_as_they_are() -> None:
    figure = display(
        {"image/png": PIXEL + "\n", "text/plain": "<Figure size 640x480 with 1 Axes>"},
        {"image/png": {"width": 640, "height": 480}},
    )
    assert output(figure) == figure


def test_results_streams_and_errors_stay_as_they_are() -> None:
    shown = [
        {"output_type": "execute_result", "data": {"text/plain": "tensor([1.])"}, "metadata": {}, "execution_count": 3},
        {"output_type": "stream", "name": "stdout", "text": "損失 0.47 <b>\n"},
        {
            "output_type": "error",
            "ename": "ValueError",
            "evalue": "x < 1",
            "traceback": ["\x1b[31mValueError\x1b[0m: x < 1"],
        },
    ]
    assert SizeBudget().outputs(shown) == shown


@pytest.mark.parametrize(
    "source",
    [
        "損失は **0.47** まで下がりました。\n\n- 1回目\n- 2回目\n\n`a < b` と $a<b$、$$\\sum_i x_i$$",
        "| 重み | 再現率 |\n|:--|--:|\n| なし | 0.3 |\n\n1. a\n2. b\n\n> 引用 <https://example.com/?a=1&b=2>",
        "```\nfor x in range(3):\n    print(x < 1)\n```\n\n[資料](https://example.com)<br>![図](plot.png)",
    ],
)
def test_what_is_harmless_stays_as_it_was_written(source: str) -> None:
    assert markdown(source) == source


def test_a_picture_pasted_into_an_observation_is_shown() -> None:
    attachments = {"plot.png": {"image/png": PIXEL}}
    clean = rebuild(handed(observation="![図](attachment:plot.png) 下がりました", attachments=attachments), RELEASE)
    (cell,) = [c for c in clean.notebook.cells if c.id == "iris_observation"]
    assert cell.attachments == attachments
    assert PIXEL in pages(clean.notebook)[0]
    beside = handed(observation="# 見出し\n![図](attachment:plot.png)", attachments=attachments)
    (cell,) = [c for c in rebuild(beside, RELEASE).notebook.cells if c.id == "iris_observation"]
    assert PIXEL in cell.source, "in a rendering that had to be cleaned, too"


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_code_has_no_language(fence: str) -> None:
    """pygments' lexer of gherkin needs 12 s for 10,000 line ends."""
    assert harmless.markdown(f"{fence}gherkin\nあ `b`\n{fence}\n\n- x\n  {fence} ng2\n  y\n  {fence}") == (
        f"{fence}\nあ `b`\n{fence}\n\n- x\n  {fence}\n  y\n  {fence}"
    )


def test_headings_have_no_ids() -> None:
    """nbconvert makes them of the text, and formgrader finds a cell's score by its id."""
    assert markdown("## iris_hookup_checks") == "<div><h2>iris_hookup_checks</h2>&#10;</div>"


def test_lists_of_tasks_keep_their_boxes() -> None:
    page = markdown("- [ ] a\n- [x] b")
    assert "☐ a" in page
    assert "☑ b" in page


def test_what_cannot_be_rendered_is_shown_as_text(usual: list[Page]) -> None:
    """A picture that is missing ends nbconvert's run, and with it the feedback."""
    sources = ["![](attachment:missing.png)", "a" * (MAX_MARKDOWN + 1), "<b>" * 3000]
    result = shown_by(handed([nbformat.v4.new_markdown_cell(source) for source in sources]))
    assert_inert(result, usual)
    for page in pages(result.notebook):
        assert all(escape(source[:30]) in page for source in sources)


@pytest.mark.parametrize("payload", [*HTML, *MARKDOWN])
def test_markdown_is_settled_once_it_is_clean(payload: str) -> None:
    """What came out is rendered again by nbconvert: that must find what nh3 has left, and nothing more."""
    page = harmless._rendered(markdown(payload), {}, anchors=True).replace(" />", ">")
    page = re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), page)
    assert harmless._cleaned(page) == page.replace("<pre>\n", "<pre>")


def test_outputs_are_bounded() -> None:
    many = [display({"text/html": "<b>x</b>" * 10_000, "text/plain": "plain"})] * 100
    made = SizeBudget().outputs(many)
    assert sum(len(o.data.get("text/html", "")) for o in made) <= MAX_RICH
    assert all(o.data["text/plain"] == "plain" for o in made)
    endless = SizeBudget().outputs([{"output_type": "stream", "name": "stdout", "text": "x" * (1 << 20)}] * 100)
    assert len(json.dumps(endless)) < 26 << 20
    assert "省きました" in endless[-1].text


def test_what_is_dropped_has_been_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking takes the time, so it counts, whatever is left."""
    looked: list[int] = []
    monkeypatch.setattr(harmless, "html", lambda page: looked.append(len(page)) or "")
    SizeBudget().outputs([display({"text/html": "<div>" * 14_000, "text/plain": "plain"})] * 100)
    assert 0 < sum(looked) <= MAX_RICH


@pytest.mark.parametrize("deep", ["<b>" * 14_000, "<div>" * 14_000, "<table><tr><td>" * 4_000, "<ul><li>" * 7_000])
def test_deep_html_is_dropped(deep: str) -> None:
    assert output(display({"text/html": deep, "text/plain": "x"})).data == {"text/plain": "x"}


def test_the_pages_load_mathjax_with_its_safe_mode(usual: list[Page]) -> None:
    """`\\href{javascript:…}` in a formula is MathJax's to refuse."""
    for page in usual:
        (source,) = [a["src"] for tag, a in page.elements if tag == "script" and "mathjax" in a.get("src", "").lower()]
        assert source.endswith(",Safe")


@pytest.mark.parametrize("odd", [None, 3, "x", [], {}, {"output_type": 3}, {"output_type": "display_data", "data": 3},
                                 {"output_type": "display_data", "data": {"text/plain": {"a": 1}, "image/png": [1]}},
                                 {"output_type": "error", "traceback": [1, None, "x"], "ename": {}},
                                 {"output_type": "execute_result", "execution_count": "x", "metadata": 3}])  # fmt: skip
def test_odd_outputs_become_valid_ones(odd: Any) -> None:
    nbformat.validate(output(odd), ref="output", version=4, version_minor=5)
