"""Whatever a person has decided, pages, table, `grades.csv` and class report say the same numbers as the gradebook."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from io import StringIO
from itertools import product
from pathlib import Path

import html5lib
import pytest
from nbgrader.api import Grade, Gradebook
from rich.console import Console

from grader.cli.class_report.write import write_report
from grader.cli.grade_class import grade_class
from grader.grading.report import points
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.gradebook import Row, class_table, write_csv
from tests.helpers.course_fixture import ASSIGNMENT, IRIS, LOSSES, POINTS, command, hand_in, make_course

NOTEBOOKS = {"losses": ("softmax_checks", "cross_entropy_checks"), "iris": ("iris_hookup_checks", "iris_observation")}
CHECKS = "softmax_checks"  # the cell whose points a person may override; its comment stands at the cell `softmax`
OBSERVATION = "iris_observation"
COMMENT = "**よく**書けています：$e^{z}$\n\n- [読む](https://course.example)"
EVIL = "**見て**<script>alert(1)</script><img src=https://x.example/a.png onerror=alert(2)>[x](javascript:alert(3))"
PENALTIES = {
    "override": 1.0,
    "unconfirmed": 10.0,
}  # for losses.ipynb, by the state of the checks; one is above all points
FOUND = {"alice": "", "absent": "iris.ipynb", "renamed": "iris.ipynb, 損失 のコピー.ipynb", "elsewhere": "kadai.ipynb"}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """One submission that is complete, one without a notebook, one with a misnamed one, one with nothing expected."""
    course = make_course(tmp_path_factory.mktemp("decisions"), list(NOTEBOOKS))
    answers, texts = LOSSES | IRIS, {OBSERVATION: "交差エントロピーのほうが早く下がりました。"}
    hand_in(course, "alice", answers, texts=texts)
    hand_in(course, "absent", answers, notebooks=["iris"], texts=texts)
    folder = hand_in(course, "renamed", answers, texts=texts)
    (folder / "losses.ipynb").rename(folder / "損失 のコピー.ipynb")
    folder = hand_in(course, "elsewhere", answers, notebooks=["losses"])
    (folder / "losses.ipynb").rename(folder / "kadai.ipynb")
    log = StringIO()
    grade_class(course, Console(file=log, width=120))
    assert "autograded ━" in log.getvalue()
    assert "5/5 notebooks" in log.getvalue(), "progress is that of notebooks, not of students"
    return course


def gradebook_of(course: Course) -> Gradebook:
    return Gradebook(course.directory.db_url, course.directory.course_id)


def decide(course: Course, checks: str, observation: str, comment: str | None) -> None:
    """Bring everybody's grades into a state, as formgrader and a later run save it."""
    with gradebook_of(course) as gradebook:
        for student in FOUND:
            where = ASSIGNMENT, student
            grade = gradebook.find_grade(CHECKS, "losses", *where)
            grade.auto_score = None if checks == "pending" else 3.0
            grade.manual_score = {"override": 2.0, "unconfirmed": 1.0}.get(checks)
            grade.extra_credit = 0.5 if checks == "override" else None
            grade.needs_manual_grade = checks in ("pending", "unconfirmed")
            grade = gradebook.find_grade(OBSERVATION, "iris", *where)
            grade.manual_score = 1.5 if observation == "given" else None
            grade.auto_score, grade.needs_manual_grade = None, observation != "given"
            late = gradebook.find_submission_notebook("losses", *where)
            late.late_submission_penalty = PENALTIES.get(checks)
            gradebook.find_comment("softmax", "losses", *where).manual_comment = comment
        gradebook.db.commit()


def score(grade: Grade) -> float | None:
    """The definition: nothing counts while a person is awaited; a person's points come before the checks'."""
    given = grade.auto_score if grade.manual_score is None else grade.manual_score
    return None if grade.needs_manual_grade or given is None else given + (grade.extra_credit or 0.0)


def in_the_gradebook(course: Course) -> dict[str, dict[str, float | None]]:
    with gradebook_of(course) as gradebook:
        found = {student: gradebook.find_submission(ASSIGNMENT, student) for student in FOUND}
        return {s: {g.name: score(g) for n in found[s].notebooks for g in n.grades} for s in FOUND}


def page_of(course: Course, student: str, notebook: str) -> str:
    return (course.folder("feedback", student) / f"{notebook}.html").read_text()


def said(page: str) -> str:
    return " ".join("".join(html5lib.parse(page, namespaceHTMLElements=False).find("body").itertext()).split())


def total(scores: Iterable[float | None], penalty: float) -> str:
    return points(max(0.0, sum(each or 0.0 for each in scores) - penalty))


@pytest.mark.parametrize(
    ("checks", "observation", "comment"),
    list(product(("auto", "pending", "override", "unconfirmed"), ("pending", "given"), (None, COMMENT))),
)
def test_all_say_what_the_gradebook_says(course: Course, checks: str, observation: str, comment: str | None) -> None:
    decide(course, checks, observation, comment)
    penalty = PENALTIES.get(checks, 0.0)
    expected, table = in_the_gradebook(course), course.grades()
    write_csv(course.root / "grades.csv", table)
    log = StringIO()
    write_report(course, "ja", Console(file=log, width=200), table)
    report = json.loads((course.root / "report" / "class.json").read_text())
    reported = {one["student"]: one for one in report["students"]}
    with (course.root / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = {line["student_id"]: line for line in csv.DictReader(file)}
    screen = StringIO()
    Console(file=screen, width=200).print(class_table(table, ""))
    shown = {line.split()[0]: line.split()[1:] for line in screen.getvalue().splitlines() if line.strip()}
    for row in table:
        scores = expected[row.student]
        assert row.scores == reported[row.student]["scores"] == scores
        cells = ["未採点" if each is None else points(each) for each in row.scores.values()]
        assert [lines[row.student][cell] for cell in row.scores] == cells
        assert lines[row.student]["score"] == total(scores.values(), penalty)
        assert points(reported[row.student]["total"]) == total(scores.values(), penalty)
        assert shown[row.student] == [*cells, total(scores.values(), penalty)]
        waiting = sum(each is None for each in scores.values())
        assert waiting == row.ungraded == reported[row.student]["waiting"] == int(lines[row.student]["ungraded"])
        assert {one["cell"] for one in report["waiting"] if row.student in one["students"]} == {
            cell for cell, each in scores.items() if each is None
        }
        assert course.write_feedback(row.student) == ""
        for notebook, names in NOTEBOOKS.items():
            page = page_of(course, row.student, notebook)
            text, own = said(page), [scores[name] for name in names]
            maximum = {"losses": "7", "iris": "6"}[notebook]
            assert f"{total(own, penalty if notebook == 'losses' else 0.0)} / {maximum} 点" in text
            assert f"課題全体では {total(scores.values(), penalty)} / 13 点" in text
            assert ("（未採点を除く）" in text) == bool(waiting)
            # Once at the top, once at the task.
            assert len(re.findall(r"未採点（\d 点）", text)) == 2 * own.count(None)
            overridden = notebook == "losses" and checks == "override"
            assert ("教員の採点 2.5 / 3 点" in text) == ("この点は教員が付けました。" in text) == overridden
            assert ("理由は書かれていません" in text) == (overridden and comment is None)
            assert ("<strong>よく</strong>" in page) == (notebook == "losses" and comment is not None)


def test_a_comment_is_markdown_with_formulas_and_nothing_active(course: Course) -> None:
    def commented(text: str) -> str:
        decide(course, "override", "given", text)
        assert course.write_feedback("alice") == ""
        return page_of(course, "alice", "losses")

    page = commented(COMMENT)
    comment = page.partition("教員のコメント")[2].partition("</div>")[0]
    assert '<strong>よく</strong>書けています：<math display="inline">' in comment
    assert '<li><a href="https://course.example">読む</a></li>' in comment
    evil = commented(EVIL)
    assert "<strong>見て</strong>" in evil
    assert not re.search(r"<script|x\.example|onerror|javascript:", evil)
    assert len(commented("長い。" * 1_000_000)) < len(page) + 100_000


def test_every_expected_notebook_has_a_page_also_by_nbgraders_own_command(course: Course) -> None:
    for student in FOUND:
        for page in course.folder("feedback", student).glob("*.html"):
            page.unlink()
    done = command("nbgrader", "generate_feedback", ASSIGNMENT, "--force", cwd=course.root)
    assert done.returncode == 0, done.stderr
    for student, found in FOUND.items():
        pages = {path.stem for path in course.folder("feedback", student).glob("*.html")}
        assert pages == set(NOTEBOOKS)
        text = said(page_of(course, student, "losses"))
        expected = f"losses.ipynb がありません。提出されたのは {found} です" if found else ""
        assert expected in text
        assert ("losses.ipynb がありません" in text) == bool(found)
        assert ("あなたの解答" in text) == (not found), "a stub is nobody's answer"


def test_a_page_says_whose_it_is(course: Course) -> None:
    with gradebook_of(course) as gradebook:
        gradebook.update_or_create_student("alice", first_name="花子", last_name="&lt;b>田中")
        gradebook.update_or_create_student("absent", last_name="鈴木")
    for student, whose in {
        "alice": "alice（&lt;b＞田中 花子）",
        "absent": "absent（鈴木）",
        "renamed": "renamed",
    }.items():
        assert course.write_feedback(student) == ""
        page = page_of(course, student, "losses")
        assert f"採点結果 損失関数 {whose} 損失関数 1: softmax" in said(page)
        assert "None" not in said(page).partition("ノートブック全体")[0]


def test_the_list_of_the_class_gives_names_to_pages(course: Course) -> None:
    """With nbgrader's own command, without an activated environment."""
    (course.root / "students.csv").write_text("id,first_name,last_name,email\nrenamed,一郎,佐藤,i@course.example\n")
    importing = ("nbgrader", "db", "student", "import", "students.csv")
    done = command(*importing, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert course.write_feedback("renamed") == ""
    assert "renamed（佐藤 一郎）" in said(page_of(course, "renamed", "losses"))
    new = course.root / "build" / "new"
    new.mkdir()
    for name in ("nbgrader_config.py", "students.csv"):
        shutil.copy(course.root / name, new)
    program = str(Path(sys.executable).parent / "nbgrader")
    for arguments in (importing[1:], ("db", "upgrade")):
        done = subprocess.run(
            [program, *arguments], cwd=new, env={"PATH": os.defpath, "HOME": str(new)}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-300:]


def test_a_changed_name_or_mark_rewrites_the_pages(course: Course) -> None:
    grade_class(course, Console(file=StringIO()))
    path = course.folder("feedback", "alice") / "losses.html"
    before = path.read_text()
    with gradebook_of(course) as gradebook:
        gradebook.update_or_create_student("alice", last_name="高橋")
    log = StringIO()
    grade_class(course, Console(file=log))
    assert "高橋" in path.read_text()
    assert "slowest" not in log.getvalue(), "nothing was graded"
    assert json.loads((course.root / "report" / "class.json").read_text())["run"]["slowest"] == []
    assert "高橋" not in before


def test_the_exchange_releases_the_feedback_of_who_did_not_use_it(course: Course, tmp_path: Path) -> None:
    """nbgrader's release_feedback ends in a traceback where a submission has no timestamp.txt, or a strange one."""
    strange = course.folder("feedback", "alice")
    (strange / "submission_secret.txt").unlink(missing_ok=True)
    (strange / "submission_secret.txt" / "folder").mkdir(parents=True)
    (strange / "timestamp.txt").write_bytes(b"\xff\xfe\xfa")
    assert course.write_feedback("alice") == course.write_feedback("elsewhere") == ""
    done = command("nbgrader", "release_feedback", ASSIGNMENT, f"--Exchange.root={tmp_path}", cwd=course.root)
    assert done.returncode == 0, done.stderr
    released = list((tmp_path / "loss_functions" / "feedback").glob("*.html"))
    assert len(released) == len(NOTEBOOKS) * len(FOUND), "no page under another's name"


@pytest.mark.parametrize("width", [80, 100])
def test_a_long_name_breaks_no_number_of_the_table(width: int) -> None:
    names = ["a", f"{'長い名前' * 20}一", f"{'長い名前' * 20}二"]
    scores = dict.fromkeys(POINTS, 2.25) | {"iris_observation": None}
    table = [Row(ASSIGNMENT, name, scores, 0.0, 15.75, 24.0, True, 1) for name in names]
    screen = StringIO()
    Console(file=screen, width=width).print(class_table(table, ""))
    lines = [line.split() for line in screen.getvalue().splitlines() if "2.25" in line]
    assert "/ 24" in screen.getvalue()
    assert len(lines) == len(names)
    for line in lines:
        assert line[-1] == "15.75"
        assert line.count("2.25") == 7
        assert "未採点" in line
    shown = screen.getvalue()
    assert "一" in shown
    assert "二" in shown
