"""What a student's page says, and that a student's words stay words."""

from __future__ import annotations

import base64
import re
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from grader.checking.figure import Figure
from grader.grading.verdict import Diagnosis, Explanation, Outcome
from grader.nbgrader_plugin.page import cells
from tests.helpers.course_fixture import PIXEL
from tests.helpers.graded_pages import (
    DIAGNOSIS,
    READ,
    decided_page,
    graded,
    page_of,
    right_page,
    ungraded_page,
    verdicts,
    wrong,
    wrong_page,
)

MAX_PAGE_BYTES = 120_000  # beside pictures
EVIL = "</code></pre></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7 * 7 }}%(x)s"
COLOURFUL = "\x1b[38;5;9mred\x1b[0m \x1b[1;31mbold\x1b[0m <b>"


def parsed(page: str) -> Element:
    tree: Element = html5lib.parse(page, namespaceHTMLElements=False)
    return tree


def text(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def section(page: str, name: str) -> Element:
    """The part of a page about one task."""
    (found,) = [each for each in parsed(page).iter("section") if each.get("id") == f"task-{name}"]
    return found


def with_class(element: Element, name: str) -> list[Element]:
    return [each for each in element.iter() if name in each.get("class", "").split()]


def test_the_top_tells_the_points_of_each_task() -> None:
    top = parsed(wrong_page()).find(".//header")
    assert top is not None
    assert text(top.find("h1")) == "損失関数 1: softmax と交差エントロピー"
    assert text(with_class(top, "total")[0]) == "1 / 7 点"
    assert [text(line) for line in top.iter("li")][:3] == [
        "(a) softmax 1 / 3 点",
        "(b) cross_entropy 1 / 4 点",
        "提出の遅れ −1 点",
    ]
    assert "最初のものを採点しました" in text(with_class(top, "note")[0])
    assert [each.get("style") for each in with_class(top, "bar")[0].iter("i")] == ["width: 33.3%", "width: 25.0%"]
    assert not with_class(top, "waiting")


def test_what_waits_for_a_person_is_said_at_the_top_and_at_the_task() -> None:
    page = ungraded_page()
    (waiting,) = with_class(parsed(page), "waiting")
    assert "未採点の 6 点" in text(waiting)
    assert "未採点（2 点）" in text(section(page, "iris_observation").find("h2"))
    assert "学習率を上げると" in text(section(page, "iris_observation")), "the answer itself"
    assert len(with_class(section(page, "iris_hookup_checks"), "undecided")) == 1


def test_checks_that_failed_alike_share_one_example() -> None:
    task = section(wrong_page(), "softmax_checks")
    (failed,) = with_class(task, "failed")
    assert [text(title) for title in failed.iter("h3")] == ["ロジットが大きくても正しい。 1 点", "もう一つ。 1 点"]
    assert [text(each) for each in with_class(failed, "outcome")] == ["× 答えが違います"]
    assert text(with_class(failed, "evidence")[0]).startswith("softmax([[0, 89]]) → [[0, nan]]")
    assert [text(title) for title in failed.iter() if title.tag.endswith("title")] == [
        "正解: 0.25, 1",
        "あなたの答え: 0, nan",
    ]


def test_failed_checks_come_first_and_the_others_are_folded() -> None:
    task = section(wrong_page(), "softmax_checks")
    order = [each for each in task.iter() if each.get("class") in ("failed", "passed")]
    assert [each.get("class") for each in order] == ["failed", "passed"]
    assert order[1].tag == "details"
    assert text(order[1].find("summary")) == "合格した検査 2（1 点）"
    assert not with_class(section(right_page(), "softmax_checks"), "failed")


def test_a_diagnosis_is_told_once_with_a_link_to_the_lesson() -> None:
    page = wrong_page()
    (diagnosis,) = with_class(section(page, "softmax_checks"), "diagnosis")
    assert text(diagnosis).startswith(DIAGNOSIS.text)
    (link,) = diagnosis.iter("a")
    assert link.get("href") == f"#cell-{READ}"
    assert [each.get("id") for each in parsed(page).iter()].count(f"cell-{READ}") == 1


def test_a_diagnosis_without_a_place_to_read_has_no_link() -> None:
    explanation = Explanation(diagnosis=Diagnosis("x", "文。", "no_such_cell"))
    page = page_of(graded("losses", {"softmax_checks": verdicts(wrong())}, {"softmax_checks": explanation}))
    (diagnosis,) = with_class(section(page, "softmax_checks"), "diagnosis")
    assert not list(diagnosis.iter("a"))


def test_a_cause_replaces_the_diagnosis() -> None:
    explanation = Explanation("入力が終わっています。", DIAGNOSIS)
    page = page_of(graded("losses", {"softmax_checks": verdicts(wrong())}, {"softmax_checks": explanation}))
    (shown,) = with_class(section(page, "softmax_checks"), "diagnosis")
    assert text(shown) == "入力が終わっています。"


def test_the_students_own_code_and_a_persons_words_stand_at_the_task() -> None:
    page = wrong_page()
    assert "e = torch.exp(logits)" in text(with_class(section(page, "softmax_checks"), "answers")[0])
    (comment,) = with_class(section(page, "cross_entropy_checks"), "comment")
    assert "考え方は合っています。" in text(comment)
    assert not with_class(section(page, "softmax_checks"), "comment")


def test_nbgraders_own_comment_is_left_out() -> None:
    nb = graded("iris", comments={"iris_observation": "No response."})
    assert not with_class(section(page_of(nb), "iris_observation"), "comment")


def test_points_of_a_person_are_said_to_be_a_persons() -> None:
    nb = graded("losses", {"softmax_checks": verdicts(wrong())}, scores={"softmax_checks": 2.5})
    task = section(page_of(nb), "softmax_checks")
    assert "2.5 / 3 点" in text(task.find("h2"))
    assert "この点は教員が付けました。検査では 1.5 / 3 点でした。理由は書かれていません。" in text(task)
    assert "教員の採点 2.5 / 3 点" in text(parsed(page_of(nb)).find(".//nav"))
    assert "教員が付けました" not in right_page()


def test_headings_of_a_comment_stand_below_its_own() -> None:
    (comment,) = with_class(section(decided_page(), "cross_entropy_checks"), "comment")
    assert [(each.tag, text(each)) for each in comment.iter() if re.fullmatch("h[1-6]", each.tag)] == [
        ("h3", "教員のコメント"), ("h4", "大きな見出し"), ("h4", "小さな見出し"),
    ]  # fmt: skip


def test_a_table_of_an_earlier_version_is_shown_as_it_is() -> None:
    nb = graded("losses", {"softmax_checks": verdicts(wrong())})
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            output.metadata = {}
    task = section(page_of(nb), "softmax_checks")
    assert "ロジットが大きくても正しい。" in text(task.find(".//table"))


def test_the_whole_notebook_is_below_in_its_order() -> None:
    nb = graded("losses", {"softmax_checks": verdicts(), "cross_entropy_checks": verdicts()})
    whole = parsed(page_of(nb)).find(".//section[@class='whole']/details")
    assert whole is not None
    assert [each.get("id") for each in with_class(whole, "cell")] == [f"cell-{cell.id}" for cell in nb.cells]
    assert not list(whole.iter("table")), "results of checks stand at their task"


@pytest.mark.parametrize("page", [right_page, wrong_page, ungraded_page])
def test_headings_leave_out_no_level_and_ids_are_unique(page: Any) -> None:
    elements = list(parsed(page()).iter())
    levels = [int(each.tag[1]) for each in elements if re.fullmatch("h[1-6]", str(each.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    ids = [each.get("id") for each in elements if each.get("id")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("page", [right_page, wrong_page, ungraded_page])
def test_a_page_is_small(page: Any) -> None:
    assert len(re.sub(r"base64,[^\"]*", "", page()).encode()) <= MAX_PAGE_BYTES


def test_formulas_are_drawn_without_a_script() -> None:
    page = right_page()
    assert page.count("<math") > 40
    assert "$" not in text(parsed(page).find(".//*[@id='cell-mean_squared_error']"))
    assert "<script" not in page


def test_a_students_words_add_no_markup() -> None:
    """In evidence, a diagnosis, a figure, code, outputs, comments and names."""
    evil = wrong(title=EVIL, evidence=(EVIL,) * 3, figure=Figure(PIXEL, EVIL, EVIL), outcome=Outcome.RAISED)
    nb = graded(
        "losses",
        {"softmax_checks": verdicts(evil)},
        {"softmax_checks": Explanation(diagnosis=Diagnosis("x", EVIL, READ))},
        comments={"softmax": EVIL},
        texts={"softmax": f"# {EVIL}\nx = '''{EVIL}'''", "setup": EVIL},
    )
    shown = [
        {"output_type": "stream", "name": "stdout", "text": EVIL},
        {"output_type": "stream", "name": "stdout", "text": COLOURFUL + EVIL},
        {"output_type": "error", "ename": EVIL, "evalue": EVIL, "traceback": []},
        {"output_type": "display_data", "data": {"text/plain": EVIL}, "metadata": {}},
        {"output_type": "display_data", "data": {"text/latex": f"${EVIL}$"}, "metadata": {}},
        {"output_type": "display_data", "data": {"text/latex": EVIL}, "metadata": {}},
    ]
    code = next(cell for cell in nb.cells if cell.id == "softmax")
    code.outputs = [type(nb)(output) for output in shown]
    nb.cells[0].source = "no heading"
    tree = parsed(page_of(nb, notebook=EVIL))
    assert not list(tree.iter("script"))
    assert not [each for each in tree.iter() if any(name.startswith("on") for name in each.attrib)]
    assert not [each for each in tree.iter("img") if each.get("src") == "x"]
    assert "".join(tree.itertext()).count("{{ 7 * 7 }}%(x)s") >= 10


def test_colours_of_printed_text_are_classes() -> None:
    shown = cells.terminal(COLOURFUL)
    assert "style=" not in shown
    assert 'ansi-bold">bold</span>' in shown
    assert "&lt;b&gt;" in shown


def test_a_picture_of_the_code_is_embedded() -> None:
    nb = graded("losses")
    code = next(cell for cell in nb.cells if cell.id == "setup")
    code.outputs = [type(nb)({"output_type": "display_data", "data": type(nb)({"image/png": PIXEL}), "metadata": {}})]
    (picture,) = parsed(page_of(nb)).iter("img")
    assert base64.b64decode(str(picture.get("src")).partition("base64,")[2])
    assert picture.get("alt") == "コードが描いた図"


def test_the_language_is_the_notebooks() -> None:
    nb = graded("losses", {"softmax_checks": verdicts(wrong())})
    assert parsed(page_of(nb)).get("lang") == "ja"
    nb.metadata["grader"] = {"language": "en"}
    assert parsed(page_of(nb)).get("lang") == "en"
    nb.metadata["grader"] = {"language": ["<script>"]}
    assert parsed(page_of(nb)).get("lang") == "ja"


def test_a_cell_is_highlighted_once_for_all_students(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    original = cells._code
    monkeypatch.setattr(cells, "_code", lambda source: done.append(source) or original(source))
    nb = graded("losses", texts={"softmax": "x = 'only here'"})
    page_of(nb)
    done.clear()
    page_of(nb)
    assert not done
    cells.code("y = 'a new cell'")
    assert done == ["y = 'a new cell'"]


def test_a_very_long_cell_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(cells, "_code", lambda source: done.append(source) or "")
    for _ in range(2):
        cells.code("x" * (cells.MAX_CACHED_CHARS + 1))
    assert len(done) == 2
