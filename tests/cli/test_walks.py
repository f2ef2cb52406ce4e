"""A student's way and a teacher's, click by click, in a real browser: what is typed and decided arrives, and stays."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.nbgrader_plugin.course import PROJECT, Course
from tests.helpers.browser import CHROMIUM, WITHOUT, chromium
from tests.helpers.course_fixture import ASSIGNMENT, IRIS, bank_source, hand_in, make_course
from tests.helpers.desk import Desk, students_desk, teachers_desk

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
PATIENCE = 120_000  # milliseconds until a step counts as failed, on a busy machine
ALL_RIGHT = re.compile(r"(\d)/\1 ✓ 🎉")  # what the visible checks print
SAVED = re.compile(r"/formgrader/api/(grade|comment)/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def page_at(browser: Any, desk: Desk) -> Any:
    """A page that reaches this server only: formgrader's scripts from elsewhere must not be needed."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.route(re.compile(rf"^https?://(?!{re.escape(desk.host)}/)"), lambda route: route.abort())
    return context.new_page()


def test_a_student_answers_runs_and_validates(browser: Any, tmp_path: Path) -> None:
    """In JupyterLab with nbgrader's button, on the released notebook: half of it is written."""
    path = Path(shutil.copy(PROJECT / "release" / ASSIGNMENT / "losses.ipynb", tmp_path))
    with students_desk(tmp_path) as desk:
        page = page_at(browser, desk)
        page.goto(desk.address("/lab/tree/losses.ipynb"))
        notebook = page.locator(".jp-Notebook")
        cell = notebook.locator(".jp-CodeCell", has_text="def softmax(logits):").locator(".cm-content")
        cell.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(bank_source("softmax", "functional"))
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        notebook.get_by_text(ALL_RIGHT).wait_for(state="attached")
        page.get_by_role("button", name="Validate").click()
        said = page.locator("#validation-message").inner_text()
        page.context.close()
    assert "課題 1 (b) cross_entropy：まだ書かれていません" in said
    assert "(a) softmax" not in said
    (answer,) = (each for each in nbformat.read(path, as_version=4).cells if each.id == "softmax")
    assert answer.source == bank_source("softmax", "functional")


def test_a_teacher_grades_decides_and_grades_again(browser: Any, tmp_path: Path) -> None:
    """In formgrader: the button, a mark, a comment, other points than the checks', and the button again."""
    course = make_course(tmp_path, ["iris"])
    hand_in(course, "abe", IRIS, texts={"iris_observation": "損失は下がりました。"})
    with teachers_desk(tmp_path) as desk:
        page = page_at(browser, desk)
        page.goto(desk.address("/formgrader"))
        press_autograde(page, desk, "needs manual grading", "4 / 6")
        open_submission(page, desk)
        decide(page, "#iris_observation", "1.5")
        decide(page, "#iris_observation-comment", "よく**見て**います。")
        decide(page, "#iris_hookup_checks", "3")
        assert scores(course) == {"iris_hookup_checks": 3, "iris_observation": 1.5}
        press_autograde(page, desk, "graded", "4.5 / 6")
        open_submission(page, desk)
        fields = ("#iris_observation", "#iris_observation-comment", "#iris_hookup_checks")
        assert [page.locator(field).input_value() for field in fields] == ["1.5", "よく**見て**います。", "3"]
        page.context.close()
    assert scores(course) == {"iris_hookup_checks": 3, "iris_observation": 1.5}


def press_autograde(page: Any, desk: Desk, status: str, score: str) -> None:
    """Press the only submission's button, and wait for this status and score in its line, which is fetched again."""
    from playwright.sync_api import expect

    page.goto(desk.address(f"/formgrader/manage_submissions/{ASSIGNMENT}"))
    page.locator("td.autograde a").click()
    page.get_by_text("Successfully autograded").wait_for()
    page.get_by_role("button", name="OK").click()
    expect(page.locator("td.status")).to_have_text(status, timeout=PATIENCE)
    expect(page.locator("td.score")).to_have_text(score, timeout=PATIENCE)


def open_submission(page: Any, desk: Desk) -> None:
    """Open the submitted notebook to grade it by hand."""
    page.goto(desk.address(f"/formgrader/gradebook/{ASSIGNMENT}/iris"))
    page.get_by_role("link", name="Submission #1").click()
    page.wait_for_function("window.formgrader?.grades?.loaded && window.formgrader.comments.loaded")


def decide(page: Any, field: str, text: str) -> None:
    """Fill a field and leave it; → once formgrader's server has it."""
    with page.expect_response(lambda answer: SAVED.search(answer.url) and answer.request.method == "PUT") as saved:
        page.locator(field).fill(text)
        page.locator(field).blur()
    assert saved.value.ok


def scores(course: Course) -> dict[str, float | None]:
    (row,) = course.grades()
    return row.scores
