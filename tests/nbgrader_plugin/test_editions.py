"""Two editions of an assignment in one course and one gradebook: the same grades, each told in its language."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from grader.cli.main import main
from grader.cli.translation.words import JAPANESE
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.preprocessors import Execute
from tests.helpers.course_fixture import ASSIGNMENT, CIFAR10, LOSSES, command, hand_in, make_course
from tests.helpers.lms_class import MOODLE_TITLES, delivered_by_moodle, pack, read_csv, write_csv
from tests.helpers.loss_functions import ENGLISH

EDITION = f"{ASSIGNMENT}_en"
WRONG = LOSSES | {"softmax": "no_max_subtraction"}
SCORES = {"softmax_checks": 2.25, "cross_entropy_checks": 4.0}


def both_editions(root: Path, notebook: str) -> tuple[Course, Course]:
    """Released courses on the same folder."""
    japanese = make_course(root, [notebook])
    (root / "source" / EDITION).mkdir()
    shutil.copy(ENGLISH / f"{notebook}.ipynb", root / "source" / EDITION)
    english = Course(root, EDITION)
    english.build_release()
    return japanese, english


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Course]:
    """One wrong submission to each, and one in English with no answer; graded by one command."""
    japanese, english = both_editions(tmp_path_factory.mktemp("course"), "losses")
    hand_in(japanese, "hana", WRONG)
    hand_in(english, "ellen", WRONG)
    hand_in(english, "newton", {})
    assert main(["grade", "--course", str(japanese.root)]) == 0
    return japanese, english


def scores(course: Course) -> dict[str, dict[str, float | None]]:
    return {row.student: dict(row.scores) for row in course.grades()}


def test_both_are_graded_by_one_command_with_the_same_scores(courses: tuple[Course, Course]) -> None:
    japanese, english = courses
    assert scores(japanese) == {"hana": SCORES}
    assert scores(english) == {"ellen": SCORES, "newton": dict.fromkeys(SCORES, 0.0)}


def test_an_english_student_is_shown_no_japanese_character(courses: tuple[Course, Course]) -> None:
    japanese, english = courses
    for student in ("ellen", "newton"):
        page = (english.folder("feedback", student) / "losses.html").read_text()
        assert '<html lang="en">' in page
        assert not JAPANESE.findall(page)
        assert ">1 point<" in page
        assert not re.search(r"[>(]1 points", page)
        assert not JAPANESE.findall((english.folder("autograded", student) / "losses.ipynb").read_text())
    assert "not written yet" in (english.folder("feedback", "newton") / "losses.html").read_text().lower()
    headings = re.findall("<h2.*?</h2>", (english.folder("feedback", "ellen") / "losses.html").read_text(), re.DOTALL)
    assert any("softmax" in heading for heading in headings)
    assert not any("(3 points)" in heading for heading in headings), "said beside the heading"
    page = (japanese.folder("feedback", "hana") / "losses.html").read_text()
    assert '<html lang="ja">' in page
    for english_words in ("should be", "The probabilities are", "write your code here", "target [0]"):
        assert english_words not in page
    assert not JAPANESE.findall((english.report_folder / "index.html").read_text())
    assert not JAPANESE.findall(english.grades_file.read_text(encoding="utf-8-sig"))
    assert (japanese.root / "report" / "index.html").is_file()
    assert (japanese.root / "grades.csv").is_file()


def test_nbgraders_own_commands_give_the_same(courses: tuple[Course, Course]) -> None:
    japanese, english = courses
    before = scores(english)
    page = english.folder("feedback", "ellen") / "losses.html"
    shutil.rmtree(page.parent)
    for arguments in (["autograde", EDITION, "--force"], ["generate_feedback", EDITION], ["export"]):
        done = command("nbgrader", *arguments, cwd=english.root)
        assert done.returncode == 0, done.stderr
    assert scores(english) == before
    assert not JAPANESE.findall(page.read_text())
    lines = (english.root / "grades.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        [ASSIGNMENT, "hana"], [EDITION, "ellen"], [EDITION, "newton"],
    ]  # fmt: skip


def test_results_are_cached_for_each_edition_and_trusted_runs_are_shared(tmp_path: Path) -> None:
    jobs = []
    for course in both_editions(tmp_path, "imbalanced_cifar10"):
        hand_in(course, "one", CIFAR10)
        jobs.append(Execute(parent=course._api).job(course.directory, course.assignment, "one", "imbalanced_cifar10"))
    japanese, english = jobs
    assert japanese
    assert english
    assert (japanese.language, english.language) == ("ja", "en")
    assert japanese.key != english.key
    assert japanese.source
    assert japanese.source == english.source, "so equal weights have one key of the trusted run"
    shutil.rmtree(tmp_path / "source" / ASSIGNMENT)
    alone = Execute(parent=course._api).job(course.directory, EDITION, "one", "imbalanced_cifar10")
    assert alone
    assert alone.source == (ENGLISH / "imbalanced_cifar10.ipynb").read_bytes()


def test_an_english_class_on_moodle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the download to marks and pages for the LMS, in a course with both editions."""
    _, english = both_editions(tmp_path / "course", "losses")
    hand_in(english, "ellen", WRONG)
    submitted = english.folder("submitted", "ellen") / "losses.ipynb"
    owner = "Ellen Ada_4711_assignsubmission_file_"
    archive = pack(tmp_path / "all.zip", [(f"{owner}/losses.ipynb", submitted.read_bytes())])
    row = ["Participant 4711", "Ellen Ada", "ellen", "ellen@example.org", "Submitted for grading", "", "7.00", "Yes"]
    table = write_csv(tmp_path / "Grades.csv", [MOODLE_TITLES, [*row, "-", "-", ""]])
    shutil.rmtree(submitted.parent)
    about = "--course", str(english.root), "--assignment", EDITION

    assert main(["collect", "moodle", str(archive), str(table), *about, "--timezone", "Asia/Tokyo"]) == 0
    (student,) = english.students()
    assert main(["grade", *about]) == 0
    assert scores(english) == {student: SCORES}
    capsys.readouterr()
    assert main(["return", "moodle", str(table), *about]) == 0
    assert not JAPANESE.findall(capsys.readouterr().out)
    returned = english.root / "returned" / EDITION / "moodle"
    (row_returned,) = read_csv(returned / "Grades.csv")
    assert row_returned["Grade"] == "6.25"
    page = delivered_by_moodle(returned / "feedback.zip")["4711"]["losses.html"]
    assert not JAPANESE.findall(page)
