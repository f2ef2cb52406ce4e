"""Render a graded notebook as students and formgrader see it, and find active content in the pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import html5lib
import nbformat
import nbgrader
from nbformat import NotebookNode
from traitlets.config import Config

from grader.nbgrader_plugin.exporters import FeedbackExporter, PageExporter
from grader.nbgrader_plugin.install import TEMPLATES
from grader.submission.clean_html import PANDAS_STYLE_SHEETS

ALLOWED_STYLE_SHEETS = [sheet.partition("<style scoped>")[2].partition("</style>")[0] for sheet in PANDAS_STYLE_SHEETS]
ALLOWED_URLS = ("#", "https://", "http://", "mailto:", "data:image/png;base64,")
ACTIVE_TAGS = {"script", "foreignobject", "foreignObject", "animate", "set", "use", "image", "maction", "semantics",
               "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "meta", "base",
               "link", "textarea", "template", "noscript", "xmp", "plaintext", "video", "audio",
               "source"}  # fmt: skip
CELL_ID = re.compile(r"cell-id=.*|cell-[A-Za-z0-9_-]{1,64}", re.DOTALL)
DRAWN = {"svg": {"role", "viewBox", "width"}, "math": {"display"}}  # as the student's page writes them
FOLDER = "https://course.example/feedback/yamada/loss_functions/"  # of a page, as a browser sees it
FETCHED_ATTRIBUTES = (
    "src",
    "srcset",
    "poster",
    "background",
    "data",
    "imagesrcset",
    "xlink:href",
    "longdesc",
    "dynsrc",
)
NO_FORMULAS = {"script", "noscript", "style", "textarea", "pre", "code"}  # elements that MathJax's tex2jax leaves out


class Page:
    """An HTML page as a browser parses it: elements with their attributes, and the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        tree = html5lib.parse(html, namespaceHTMLElements=False)
        parsed = [element for element in tree.iter() if isinstance(element.tag, str)]
        self.elements = [(element.tag.rpartition("}")[2], dict(element.attrib)) for element in parsed]
        self.formulas = _formula_text(tree)
        self.raw = [str(element.text) for element in parsed if element.tag in ("script", "style")]


def _formula_text(element: Any) -> str:
    """The text in which MathJax looks for formulas; it reads across <wbr> and comments."""
    tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    ignored = tag in NO_FORMULAS or "tex2jax_ignore" in element.get("class", "").split()
    inside = "" if ignored or not tag else (element.text or "") + "".join(map(_formula_text, element))
    return inside + (element.tail or "")


def fetched_from_elsewhere(page: Page, untouched: Page) -> list[str]:
    """Return the addresses outside the page's own folder that a browser would fetch to show it.

    Addresses are resolved as browsers do: white space and control characters around them and line ends in them are
    ignored, a backslash is a slash.
    """
    found = []
    for tag, attributes in page.elements:
        if (tag, attributes) in untouched.elements:
            continue
        addresses = [attributes[name] for name in FETCHED_ATTRIBUTES if name in attributes]
        addresses += re.findall(r"""url\(\s*["']?([^"')]*)""", attributes.get("style", ""), re.IGNORECASE)
        addresses += [attributes["href"]] if tag in ("link", "image", "use", "base") and "href" in attributes else []
        for address in addresses:
            seen = re.sub(r"[\t\n\r]", "", address.strip("".join(map(chr, range(0x21)))))
            if not re.match(r"data:image/(png|jpeg|gif);base64,", seen):
                resolved = urljoin(FOLDER, re.sub(r"%2e", ".", seen.replace("\\", "/"), flags=re.IGNORECASE))
                found += [] if resolved.startswith(FOLDER) else [address]
    return found


def active_content(page: Page, untouched: Page) -> list[Any]:
    """Return the elements, scripts and styles that can run, fetch or mislead.

    untouched: the same page of a notebook that contains nothing from a student; what is in it is not reported.
    """
    found: list[Any] = [text for text in page.raw if text not in untouched.raw and text not in ALLOWED_STYLE_SHEETS]
    for tag, attributes in page.elements:
        if (tag, attributes) not in untouched.elements and _is_active(tag, attributes):
            found.append((tag, attributes))
    return found


def _is_active(tag: str, attributes: dict[str, str]) -> bool:
    urls = [attributes[name].strip().lower() for name in ("href", "src", "srcset", "action") if name in attributes]
    harmful = any(not url.startswith(ALLOWED_URLS) and not url.endswith(".png") for url in urls)
    fetched = tag != "a" and any(url.startswith(("http", "//")) for url in urls)
    handler = any(name.startswith("on") or name in ("srcdoc", "formaction") for name in attributes)
    # Formgrader finds cells and scores by these; `cell-id=` is nbconvert's own, `cell-` the student's page's.
    misleading = any(not CELL_ID.fullmatch(attributes.get(name, "cell-id=")) for name in ("id", "data-link"))
    drawn = tag in DRAWN and set(attributes) - {"xmlns"} != DRAWN[tag]
    style = attributes.get("style", "")
    placed = "url(" in style or "position" in style
    return tag in ACTIVE_TAGS or drawn or harmful or fetched or handler or misleading or placed


def rendered_pages(notebook: NotebookNode) -> list[str]:
    """Return the notebook's pages: the feedback for the student, and formgrader's page."""
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
    feedback.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
    about = {"notebook": "iris", "score": 0, "max_score": 6, "late_penalty": 0}
    about |= {"student": "x", "assignment": "loss_functions", "first_name": "", "last_name": ""}
    about |= {"total": 0, "total_max": 24, "total_waits": True}
    resources = {"nbgrader": about, "inlining": {"css": []}, "index": 0, "total": 1, "base_url": "/x"}
    exporters = FeedbackExporter(config=feedback), PageExporter(config=config)
    return [str(exporter.from_notebook_node(notebook, dict(resources))[0]) for exporter in exporters]
