"""The page of the class report: complete, self-contained, and safe whatever students have written."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import html5lib
import pytest
from rich.console import Console

from grader.cli.class_report.gather import gather
from grader.cli.class_report.model import Remark, Report, Run, Timing
from grader.cli.class_report.records import Answer, Check, Task
from grader.cli.class_report.render import MAX_GROUPS, percent, render
from grader.cli.class_report.summary import summary_lines
from grader.cli.class_report.write import write_report
from grader.grading.verdict import Outcome
from grader.nbgrader_plugin.gradebook import Row
from grader.submission.language import speaking
from tests.helpers.browser import CHROMIUM, OPEN, TELEPHONE, WITHOUT, chromium, faults, open_page
from tests.helpers.graded_class import ASSIGNMENT, CELL, NOTEBOOK, OBSERVATION, GradedClass, check, record, row

MARKUP = "</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>\"' style='x' {{ 7 * 7 }} %(n)s &amp;"
HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
TASKS = {CELL: Task(NOTEBOOK, CELL, "Twice"), OBSERVATION: Task(NOTEBOOK, OBSERVATION, "Look")}
SVG = "{http://www.w3.org/2000/svg}"
NO_RUN = Run()


class NoLinks:
    """No student has a page."""

    def page(self, student: str, notebook: str) -> str:
        return ""


def answer(student: str, outcome: str, mistake: str = "", code: str = "code", text: str = "text") -> Answer:
    one = Check("values", "title", 1.0, Outcome(outcome), (text,))
    diagnosis = (mistake, f"You did {mistake}.", "") if mistake else None
    return Answer(student, CELL, (one,), diagnosis, "", code, len(code), code)


def report_of(answers: list[Answer], table: list[Row] | None = None, run: Run = NO_RUN) -> Report:
    rows = [row(one.student) for one in answers] if table is None else table
    now = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
    return gather(ASSIGNMENT, "ja", rows, answers, TASKS, [], run, None, now)


@pytest.fixture
def page(tmp_path: Path) -> str:
    """The page of a class in which every text that a student or a file can determine is markup."""
    graded = GradedClass(tmp_path)
    for student in (f"eve{MARKUP.replace('/', '')}", "o'neil & co"):
        graded.add(student, MARKUP, record(check("wrong", MARKUP, MARKUP), name=MARKUP), row(student, None))
    for student in ("a", "b"):
        graded.add(student, MARKUP, record(check("raised", MARKUP, MARKUP)), row(student, remarks=(MARKUP,)))
    graded.add("c", MARKUP, record(check("raised"), cause=MARKUP))
    run = Run(MARKUP, MARKUP, (Timing(MARKUP, 1.0),), (Remark(MARKUP, MARKUP),))
    write_report(graded.course, "ja", Console(file=StringIO()), [*graded.table, row("absent", submitted=False)], run)
    return (tmp_path / "report" / "index.html").read_text()


def test_markup_stays_text(page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    elements = list(tree.iter())
    assert not [element for element in elements if element.tag in {"script", "img", "iframe", "object", "form", "link"}]
    names = {name for element in elements for name in element.attrib}
    assert not [name for name in names if str(name).startswith("on") or name == "src"]
    assert "alert(1)" in "".join(tree.itertext())
    assert "{{ 7 * 7 }} %(n)s" in "".join(tree.itertext()), "nothing in a text is evaluated"


def test_the_page_needs_nothing_and_forbids_everything(page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    (policy,) = [meta for meta in tree.iter("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy.get("content") == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not re.findall("https?:|//", page.partition("<body>")[2])
    assert "url(" not in page
    assert "@import" not in page


@pytest.mark.parametrize(
    ("passed", "judged", "shown"), [(0, 12, 0), (1, 300, 1), (5, 12, 42), (299, 300, 99), (12, 12, 100)]
)
def test_a_share_is_rounded_but_never_to_none_or_all(passed: int, judged: int, shown: int) -> None:
    assert percent(passed / judged) == shown


def test_names_in_addresses_are_percent_encoded(page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    links = [a.get("href") for a in tree.iter("a") if not a.get("href").startswith("#")]
    assert links
    for link in links:
        assert re.fullmatch(r"[\w./%~-]+", link), link
        assert unquote(link).startswith("../autograded/")
    assert f"../autograded/o'neil & co/{ASSIGNMENT}/{NOTEBOOK}.ipynb" in map(unquote, links)


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
def test_nothing_is_wrong_on_a_telephone_and_on_a_desk(page: str) -> None:
    with chromium() as browser:
        assert faults(browser, page) == []


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
def test_a_name_beside_a_long_reason_stays_in_one_piece(page: str) -> None:
    with chromium() as browser:
        opened = open_page(browser.new_context(viewport=TELEPHONE), page.replace("<bdi>a</bdi>", "<bdi>tanaka</bdi>"))
        opened.evaluate(OPEN)
        name = opened.locator("#remarks ~ details th bdi", has_text="tanaka").first
        assert name.evaluate("each => each.getClientRects().length") == 1


def test_the_page_is_in_order_for_a_screen_reader(page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    levels = [HEADINGS.index(element.tag) for element in tree.iter() if element.tag in HEADINGS]
    assert levels[0] == 0
    assert levels.count(0) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    assert all(table.find("caption") is not None for table in tree.iter("table"))
    assert all(th.get("scope") in {"row", "col"} for th in tree.iter("th"))
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {a.get("href")[1:] for a in tree.iter("a") if a.get("href").startswith("#")} <= set(ids)
    (svg,) = tree.iter(f"{SVG}svg")
    assert svg.get("role") == "img"
    assert "1–1.5 点: 5" in svg.get("aria-label")
    assert all(element.get("aria-labelledby") in ids for element in tree.iter("section"))


def test_a_large_class_gives_a_page_below_a_megabyte() -> None:
    """Everybody makes a mistake of their own, in long code, and waits for a person."""
    answers = [
        answer(f"student{i:04d}", "wrong", f"m{i}" if i % 2 else "", "x" * 2000, "y" * 300 + str(i))
        for i in range(1000)
    ]
    table = [row(one.student, waits=True, remarks=("z" * 300,)) for one in answers]
    refused = tuple(Remark(f"refused{i}", "z" * 300) for i in range(1000))
    report = report_of(answers, table, Run(not_graded=refused))
    page = render(report, NoLinks())
    assert len(page.encode()) < 1_000_000
    assert page.count("<article>") == 2 * MAX_GROUPS
    assert f"ほかに {500 - MAX_GROUPS} 件は class.json にあります。" in page
    assert len(report.mistakes) == 500


def test_the_same_class_gives_the_same_page() -> None:
    answers = [answer("a", "wrong"), answer("b", "wrong"), answer("c", "passed")]
    assert render(report_of(answers), NoLinks()) == render(report_of(answers), NoLinks())


def test_the_language_of_the_page_is_declared() -> None:
    with speaking("en"):
        assert '<html lang="en">' in render(report_of([answer("a", "wrong")]), NoLinks())
    assert '<html lang="ja">' in render(report_of([answer("a", "wrong")]), NoLinks())


def test_the_histogram_has_a_bar_for_each_bin_and_the_same_numbers_as_its_table(page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    (svg,) = tree.iter(f"{SVG}svg")
    (table,) = [table for table in tree.iter("table") if table.find("caption").text == "点数ごとの提出の数"]
    numbers = [int(td.text) for td in table.iter("td")]
    heights = [float(rect.get("height")) for rect in svg.iter(f"{SVG}rect")]
    assert [height > 0 for height in heights] == [number > 0 for number in numbers]
    assert sum(numbers) == 5


def test_the_summary_has_five_lines() -> None:
    answers = [answer("a", "wrong", "thrice"), answer("b", "passed")]
    table = [row("a", 0.0, waits=True), row("b", 3.0), row("c", submitted=False)]
    assert summary_lines(report_of(answers, table), "report/index.html") == (
        "points: median 2, mean 2 of 4; 2 submissions, 1 students without one",
        "hardest check: 1 of 2 passed double: title",
        "most frequent mistake: 1 × double: You did thrice.",
        "1 submissions have cells that a person grades (未採点)",
        "report: report/index.html",
    )


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ([], "most frequent mistake: none occurs twice"),
        ([answer("a", "wrong")], "most frequent mistake: none occurs twice"),
        (
            [answer("a", "wrong"), answer("b", "wrong")],
            "most frequent mistake: none has a name; 2 answers to double fail alike",
        ),
    ],
)
def test_the_summary_of_mistakes_without_a_name(answers: list[Answer], line: str) -> None:
    assert summary_lines(report_of(answers), "")[2] == line
