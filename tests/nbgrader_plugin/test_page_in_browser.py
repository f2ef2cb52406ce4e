"""A student's page in a real browser: for a screen reader, on a telephone, in the dark, without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.helpers.browser import CHROMIUM, OPEN, OPEN_TASKS, WITHOUT, chromium, faults, open_page
from tests.helpers.graded_pages import READ, decided_page, missing_page, page_of, right_page, ungraded_page, wrong_page
from tests.submission.test_clean_html import HTML, MARKDOWN, grade_with, submission

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
PAGES = {"right": right_page, "wrong": wrong_page, "ungraded": ungraded_page, "decided": decided_page,
         "missing": missing_page}  # fmt: skip
RAN = "document.title = 'ran'"
POLICY = "Content-Security-Policy"
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def shown(browser: Any) -> Iterator[Open]:
    """Open a page of this HTML; options: the browser's, such as `color_scheme`."""
    contexts = []

    def show(html: str, prepare: str = "", **options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        return open_page(contexts[-1], html, prepare)

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wrong_on_a_telephone_and_on_a_desk(name: str, browser: Any) -> None:
    """The notebook is the same in all pages of a lesson, so it is unfolded in one of each."""
    assert faults(browser, PAGES[name](), OPEN if name in ("wrong", "ungraded") else OPEN_TASKS) == []


def test_axe_finds_what_is_wrong(shown: Open) -> None:
    """Otherwise the test above would prove nothing."""
    from axe_playwright_python.sync_playwright import Axe

    page = (
        right_page()
        .replace('<html lang="ja">', "<html>")
        .replace("<h2", "<h5")
        .replace("--quiet: #59636e", "--quiet: #bbb")
    )
    opened = shown(page, color_scheme="light")
    found = {violation["id"] for violation in Axe().run(opened).response["violations"]}
    assert found >= {"html-has-lang", "heading-order", "color-contrast"}


def test_what_is_too_wide_or_fetched_is_found(browser: Any) -> None:
    """Otherwise the test above would prove nothing."""
    page = '<!DOCTYPE html><html lang="ja"><title>x</title><main><h1>x</h1>%s</main>'
    assert faults(browser, page % "") == []
    (wide,) = faults(browser, page % '<p style="width: 500px">x</p>')
    assert "pixels wide at 390" in wide
    (fetching,) = faults(browser, page % '<img alt="x" src="plot.png">')
    assert "plot.png" in fetching


def test_the_link_to_the_lesson_unfolds_the_notebook(shown: Open) -> None:
    opened = shown(wrong_page())
    cell = opened.locator(f"#cell-{READ}")
    assert not cell.is_visible()
    opened.get_by_role("link", name="もう一度読む").click()
    assert cell.is_visible()


def test_print_shows_the_checks_that_passed(shown: Open) -> None:
    opened = shown(right_page())
    passed = opened.get_by_text("値が一致する。").first
    assert not passed.is_visible()
    opened.emulate_media(media="print")
    assert passed.is_visible()


def test_the_policy_stops_an_injected_script(shown: Open) -> None:
    injected = f'<script>{RAN}</script><img src=x onerror="{RAN}"></body>'
    page = right_page().replace("</body>", injected)
    assert shown(page).title() != "ran"
    assert shown(page.replace(POLICY, "x")).title() == "ran"


def scripts_run(page: str, shown: Open) -> int:
    """How many scripts a page runs that its policy does not stop, with everything unfolded."""
    opened = shown(page.replace(POLICY, "x"), prepare="window.ran = 0; window.alert = () => { window.ran += 1 }")
    opened.evaluate(OPEN)
    opened.wait_for_load_state("networkidle")
    return int(opened.evaluate("window.ran"))


def test_what_a_student_hands_in_runs_no_script_even_without_the_policy(shown: Open) -> None:
    payloads = [*HTML, *MARKDOWN]
    outputs = [{"output_type": "display_data", "data": {kind: payload}, "metadata": {}}
               for payload in payloads for kind in ("text/html", "text/markdown", "text/latex")]  # fmt: skip
    result = grade_with(submission([new_markdown_cell(payload) for payload in payloads]), outputs, "".join(HTML))
    assert scripts_run(page_of(with_scores(result.notebook)), shown) == 0


def test_the_same_runs_scripts_without_cleaning(shown: Open) -> None:
    """Otherwise the test above would prove nothing. One page each: what one leaves open would swallow the next."""
    pages = [page_of(new_notebook(cells=[new_markdown_cell(payload)])) for payload in HTML[:12]]
    assert sum(scripts_run(page, shown) for page in pages) > 3


def with_scores(nb: NotebookNode) -> NotebookNode:
    """A notebook with what nbgrader adds to it for feedback."""
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.update(score=None, comment=None)
    return nb
