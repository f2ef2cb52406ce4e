"""Feedback pages and graded notebooks cost little to render, whatever a student wrote or showed."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from pygments.lexer import ExtendedRegexLexer, RegexLexer
from traitlets.config import Config

from grader.nbgrader_plugin import exporters
from grader.nbgrader_plugin.course import CONFIG_FILE, PROJECT
from grader.nbgrader_plugin.exporters import MAX_TOKENS, cheap_to_render
from grader.nbgrader_plugin.install import TEMPLATES
from grader.submission.colours import MAX_COLOUR_CHANGES
from tests.helpers.course_fixture import command
from tests.helpers.rendered_pages import Page, rendered_pages
from tests.submission.test_colours import SLOW, changes, stream

# Cell and line magics, and what IPython's lexer takes for them, each before code of the other language.
MAGICS = [
    "%%perl\nmy $x = s{a}{b};", "%%R\nx <- 'a'", "%%html\n<script>x</script>", "%%javascript\nlet x = /a/;",
    "%%js\nlet x", "%%latex\n\\begin{a}", "%%ruby\nputs 'a'", "%%bash\necho $x", "%%sh\necho $x", "%%!\necho $x",
    "%%python2\nprint 'a'",
    "%%sql\nSELECT 1", "%%cython\ncdef int x", "%%julia\nfunction f end", "%%octave\nx = 1;",
    "x = 1\n  %%perl\ns{a}{b}",
    "%sx echo $x\n", "%system echo $x\n", "!echo $x\n", "x = !echo $x\n", "%%HTML\n<b>x</b>", "\n\n %%perl\ns{a}{b}",
]  # fmt: skip


def notebook(*cells: NotebookNode, **metadata: Any) -> NotebookNode:
    kernel = {"name": "python3", "language": "python", "display_name": "x"}
    return nbformat.v4.new_notebook(cells=list(cells), metadata={"kernelspec": kernel, **metadata})


@pytest.fixture
def lexers(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of pygments' lexers that read something."""
    used: set[str] = set()
    for kind in (RegexLexer, ExtendedRegexLexer):
        original = kind.get_tokens_unprocessed

        def reading(self: Any, *arguments: Any, original: Any = original, **options: Any) -> Any:
            used.add(self.name)
            return original(self, *arguments, **options)

        monkeypatch.setattr(kind, "get_tokens_unprocessed", reading)
    return used


@pytest.mark.parametrize("language", [None, {"name": "python", "pygments_lexer": "ipython3"}, {"name": "python"}])
def test_no_magic_chooses_a_lexer(lexers: set[str], language: dict[str, str] | None) -> None:
    """On both pages."""
    cells = [new_code_cell(source) for source in MAGICS]
    graded = cheap_to_render(notebook(*cells, **({"language_info": language} if language else {})))
    pages = rendered_pages(graded)
    assert lexers == {"Python"}
    assert all("SELECT" in page and "cdef" in page for page in pages)
    assert graded.metadata.language_info.name == "python"


def test_magics_choose_a_lexer_in_nbconvert(lexers: set[str]) -> None:
    """Otherwise the test above would prove nothing."""
    for source in MAGICS[:8]:
        HTMLExporter(template_name="classic").from_notebook_node(notebook(new_code_cell(source)))
    assert lexers >= {"Perl", "S", "HTML", "JavaScript", "TeX", "Ruby"}


def test_another_language_keeps_its_lexer() -> None:
    graded = cheap_to_render(notebook(new_code_cell("x <- 1"), language_info={"name": "R", "pygments_lexer": "r"}))
    assert graded.metadata.language_info == {"name": "R", "pygments_lexer": "r"}


def test_code_of_very_many_tokens_is_not_highlighted() -> None:
    """Each token may be an element: 200,000 of them took an HTML parser 10 s."""
    few, many = (notebook(*[new_code_cell("a+1-" * 2_500) for _ in range(number)]) for number in (3, 5))
    for graded, most in ((few, 32_000), (many, 2_000)):
        for page in rendered_pages(cheap_to_render(graded)):
            assert page.count("<span") <= most
    assert many.metadata.language_info.pygments_lexer == "text"
    assert 3 * 10_000 < MAX_TOKENS < 5 * 10_000


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_outputs_of_a_submitted_file_have_few_colours(slow: str) -> None:
    cell = new_code_cell("", outputs=[stream(slow[:2_000_000]), stream(slow[:1000])])
    assert changes(cheap_to_render(notebook(cell)).cells[0].outputs) <= MAX_COLOUR_CHANGES


@pytest.mark.parametrize(("assignment", "own"), [("loss_functions", True), ("no_checks_here", False)])
def test_assignments_without_checks_here_keep_nbconverts_page(assignment: str, own: bool) -> None:
    graded = notebook(new_markdown_cell("$x$"))
    about = {"notebook": "x", "score": 0, "max_score": 0, "late_penalty": 0, "assignment": assignment}
    about |= {"student": "x", "first_name": "", "last_name": "", "total": 0, "total_max": 24, "total_waits": False}
    config = Config()
    config.FeedbackExporter.template_name = "student_feedback"
    config.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
    resources = {"nbgrader": about, "inlining": {"css": []}}
    page = exporters.FeedbackExporter(config=config).from_notebook_node(graded, resources)[0]
    assert ("<math" in page) is own
    assert ("MathJax" not in page) is own


def test_a_page_that_exceeds_its_limits_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = {"grade": True, "solution": False, "grade_id": "x_checks", "points": 3}
    table = {
        "output_type": "execute_result",
        "data": {"text/html": "<table id=t>"},
        "metadata": {},
        "execution_count": 1,
    }
    cells = [
        new_markdown_cell("**slow** <b>x</b> " + "y" * 20_000),
        new_code_cell("def softmax(): pass", outputs=[stream("printed by the cell")]),
        new_code_cell("", outputs=[NotebookNode(table)], metadata={"nbgrader": checks}),
    ]
    slow = exporters.cheap_to_render

    def endless(nb: NotebookNode) -> NotebookNode:
        while True:
            slow(nb)

    monkeypatch.setattr(exporters, "cheap_to_render", endless)
    monkeypatch.setattr(exporters, "PAGE_CPU_SECONDS", 0.1)
    pages = rendered_pages(notebook(*cells))
    assert len(pages) == 2
    for page in pages:
        assert exporters.PLAIN_NOTE in page
        assert "**slow** &lt;b&gt;" in page
        assert "def softmax(): pass" in page
        assert "printed by the cell" not in page
        assert ("table", {"id": "t"}) in Page(page).elements, "the verdicts stay"
        assert len(page) < 600_000


FORMGRADER = """
import json, sys
from types import SimpleNamespace
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from grader.nbgrader_plugin import exporters

server = FormgradeExtension()
server.root_dir = sys.argv[1]
server.initialize([])
app = SimpleNamespace(settings={"base_url": "/"})
server.init_tornado_settings(app)
exporters.PAGE_CPU_SECONDS = float(sys.argv[3])
resources = {"index": 0, "total": 1, "base_url": "/", "student": "alice"}
print(json.dumps(app.settings["nbgrader_exporter"].from_filename(sys.argv[2], resources=resources)[0]))
"""


@pytest.mark.parametrize(("seconds", "as_text"), [(20, False), (0.001, True)])
def test_formgraders_server_has_the_same_limits(seconds: float, as_text: bool, tmp_path: Path) -> None:
    """Its own start reads the configuration of the course, and makes the exporter that its pages use."""
    shutil.copy(PROJECT / CONFIG_FILE, tmp_path)
    graded = tmp_path / "graded.ipynb"
    nbformat.write(notebook(new_code_cell("def softmax(): pass"), new_markdown_cell("a **b** " * 4000)), graded)
    done = command(sys.executable, "-c", FORMGRADER, str(tmp_path), str(graded), str(seconds), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = json.loads(done.stdout)
    assert "formgrade" in page
    assert "softmax" in page
    assert (exporters.PLAIN_NOTE in page) is as_text
    assert ("<strong>b</strong>" in page) is not as_text
