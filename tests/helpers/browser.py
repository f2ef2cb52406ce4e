"""Debian's Chromium for tests of pages, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHROMIUM = shutil.which("chromium")
WITHOUT = "no Chromium (Debian: apt install chromium): pages are not opened in a browser"
TELEPHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true })"
OPEN_TASKS = OPEN.replace("details", ".task details")  # without the notebook, which takes axe most of its time
ADDRESS = "https://course.example/feedback/losses.html"


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of its own, without a user's settings."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox as root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield browser
        finally:
            browser.close()


def open_page(context: Any, html: str, prepare: str = "") -> Any:
    """Open a page of this HTML without a network: every request is answered with it. prepare: a script to run first."""
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.add_init_script(prepare)
    page.goto(ADDRESS)
    return page


def faults(browser: Any, html: str, unfold: str = OPEN) -> list[str]:
    """What is wrong with a page on a telephone, in light colours, and on a desk, in dark ones.

    That is what axe finds, content that needs scrolling sideways, and a request to anywhere. unfold: a script.
    """
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context()
    found, requests = [], []
    context.on("request", lambda request: requests.append(request.url))
    try:
        page = open_page(context, html)
        page.evaluate(unfold)
        for size, scheme in ((TELEPHONE, "light"), (DESK, "dark")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            if (width := page.evaluate("document.documentElement.scrollWidth")) > size["width"]:
                found.append(f"{width} pixels wide at {size['width']}")
            result = Axe().run(page)
            assert result.response["passes"]
            found += [result.generate_report()] if result.violations_count else []
    finally:
        context.close()
    addresses = [url for url in requests if not url.startswith("data:")]
    return found if addresses == [ADDRESS] else [*found, f"requests: {addresses}"]
