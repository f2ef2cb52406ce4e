"""The command line: an error is one clear line, no incomplete result is left, and only new submissions are graded."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from io import StringIO
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from grader.batch import runner
from grader.checking.assignment import Assignment
from grader.cli import sample
from grader.cli.grade_class import grade_class, stopped_line
from grader.cli.main import main
from grader.nbgrader_plugin import feedback
from grader.nbgrader_plugin.course import Course
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, hand_in, make_course
from tests.helpers.processes import WORKERS, tree


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Students in the order in which they are graded."""
    names: list[str] = []
    original = Course.autograde_all

    def spy(
        self: Course, students: Collection[str], on_done: Callable[[str, str], None], *others: Callable[[str], None]
    ) -> list[tuple[float, str]]:
        def done(student: str, reason: str) -> None:
            names.append(student)
            on_done(student, reason)

        return original(self, students, done, *others)

    monkeypatch.setattr(Course, "autograde_all", spy)
    return names


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Task 1 alone: right answers, and submissions with various problems."""
    course = make_course(tmp_path_factory.mktemp("course"), ["losses"])
    for student in ("alice", "bob"):
        hand_in(course, student, LOSSES)
    (hand_in(course, "noise", {}) / "losses.ipynb").write_bytes(b"\x00\xffno notebook")
    (hand_in(course, "renamed", LOSSES) / "losses.ipynb").rename(course.folder("submitted", "renamed") / "kadai.ipynb")
    course.folder("submitted", "empty").mkdir(parents=True)
    hand_in(course, "raises", LOSSES, texts={"pain": "raise ValueError('x')", "softmax": "1 / 0"})
    hand_in(course, "syntax", LOSSES, texts={"softmax": "def softmax(logits:\n    return"})
    hand_in(course, "other_name", {**LOSSES, "softmax": "other_name"})
    return course


def run(course: Course, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    """→ exit status, standard output, lines of standard error."""
    status = main(["grade", "--course", str(course.root), *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err.splitlines()


def test_bad_files_cost_their_own_points_only(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(course, capsys)
    scores = {row.student: list(row.scores.values()) for row in course.grades()}
    assert scores["alice"] == scores["bob"] == [3.0, 4.0]
    assert scores["noise"] == [None, None], "a person has to look"
    assert scores["raises"] == scores["syntax"] == scores["other_name"] == [0.0, 4.0]
    assert err == [], "no traceback, no warning"
    for student in ("renamed", "empty"):
        (line,) = [line for line in out.splitlines() if line.startswith(f"{student}: not graded")]
        assert len(line) > len(f"{student}: not graded: ")
        assert not course.folder("autograded", student).exists(), "nothing half-written"
    assert status == 0, "everyone has a grade or a stated reason"
    assert "ノートブックとして読めません" in (course.folder("feedback", "noise") / "losses.html").read_text()
    executed = json.loads((course.folder("autograded", "noise") / "losses.ipynb").read_text())
    (output,) = next(c for c in executed["cells"] if c["id"] == "softmax_checks")["outputs"]
    assert output["data"]["text/plain"] == ["0.0"]


def test_a_run_ends_with_the_class_report(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(course, capsys)
    last = out.splitlines()[-6:]
    folder = course.root / "report"
    report = json.loads((folder / "class.json").read_text())
    pending = f"{report['points']['waiting']} submissions have cells that a person grades"
    starts = ["points: ", "hardest check: ", "most frequent mistake: ", pending, "report: ", "by hand: "]
    assert [line[: len(start)] for line, start in zip(last, starts, strict=True)] == starts
    assert report["points"]["waiting"] == len({name for one in report["waiting"] for name in one["students"]}) > 0
    assert report["points"]["submitted"] == len([row for row in course.grades() if row.submitted])
    assert {one["student"] for one in report["run"]["not_graded"]} == {"renamed", "empty"}
    (undefined,) = [one for one in report["alike"] if "raises" in one["students"]]
    assert undefined["students"] == ["other_name", "raises"]
    assert undefined["example"]["code"] == "1 / 0"
    (stopped,) = [one for one in report["alike"] if "syntax" in one["students"]]
    assert stopped["students"] == ["syntax"], "its cause is known"
    before = (folder / "index.html").read_text()
    assert main(["report", "--course", str(course.root)]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert others == last[:-1]
    assert first == "Reading what the last run has graded …"
    assert without_times((folder / "index.html").read_text()) == without_times(before)


def without_times(page: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*", "", page)


def test_a_report_without_a_gradebook_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--course", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "make grade" in line


def test_run_again_only_what_is_new_or_changed(
    course: Course, capsys: pytest.CaptureFixture[str], graded: list[str]
) -> None:
    run(course, capsys)
    graded.clear()
    run(course, capsys)
    assert set(graded) <= {"renamed", "empty"}, "graded submissions are not graded again"
    before = course.grades()
    changed = course.folder("submitted", "bob") / "losses.ipynb"
    text = changed.read_text()
    changed.write_text(text.replace("F.softmax", "1.0 * F.softmax"))
    graded.clear()
    run(course, capsys)
    assert set(graded) - {"renamed", "empty"} == {"bob"}
    assert course.grades() == before
    hand_in(course, "carol", LOSSES)
    graded.clear()
    run(course, capsys)
    assert set(graded) - {"renamed", "empty"} == {"carol"}


def test_what_the_gradebook_does_not_know_is_graded_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], graded: list[str]
) -> None:
    """A student who was removed, a gradebook from before the last run, none at all."""
    course = make_course(tmp_path, ["losses"])
    gradebook, backup = course.root / "gradebook.db", tmp_path / "backup.db"
    for student in ("alice", "bob"):
        hand_in(course, student, {**LOSSES, "softmax": "other_name"})
    assert run(course, capsys)[::2] == (0, [])
    shutil.copy(gradebook, backup)
    hand_in(course, "alice", LOSSES)
    run(course, capsys)
    before = course.grades()
    assert [row.total for row in before] == [7.0, 4.0]
    graded.clear()
    for change, again in (
        (lambda: None, []),
        (lambda: remove_student(course, "bob"), ["bob"]),
        (lambda: shutil.copy(backup, gradebook), ["alice"]),
        (gradebook.unlink, ["alice", "bob"]),
    ):
        change()
        assert run(Course(course.root, ASSIGNMENT), capsys)[::2] == (0, [])
        assert graded == again
        assert course.grades() == before
        graded.clear()


def remove_student(course: Course, student: str) -> None:
    """As `nbgrader db student remove --force`."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        gradebook.remove_student(student)


def test_the_feedback_of_a_large_class_is_written_by_several_processes(
    course: Course, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(course, capsys)
    pages = {student: course.folder("feedback", student) / "losses.html" for student in ("alice", "raises")}
    before = {student: page.read_text() for student, page in pages.items()}
    for page in pages.values():
        page.unlink()
    monkeypatch.setattr(feedback, "MAX_WITHOUT_POOL", 1)
    reasons: dict[str, str] = {}
    feedback.write_all(course, [*pages, "nobody"], reasons.__setitem__)
    assert {student: page.read_text() for student, page in pages.items()} == before
    assert (reasons.pop("nobody") != "", reasons) == (True, {"alice": "", "raises": ""})


def left_behind() -> list[int]:
    """The zygote of workers that this process has started, and its workers."""
    return tree(os.getpid(), WORKERS)


@pytest.fixture
def class_for_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Two new submissions, which are enough for workers here."""
    monkeypatch.setattr(runner, "MAX_WITHOUT_POOL", 1)
    course = make_course(tmp_path, ["losses"])
    for student in ("one", "two"):
        hand_in(course, student, LOSSES)
    return course


def test_workers_that_were_started_early_grade_the_class_and_end(
    class_for_workers: Course, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They import while the release is built, so they are there before a submission has been read."""
    course = class_for_workers
    started: list[bool] = []
    build_release = Course.build_release

    def spy(self: Course) -> None:
        end = time.monotonic() + 2
        while not left_behind() and time.monotonic() < end:  # a new process has no command line at first
            time.sleep(0.01)
        started.append(bool(left_behind()))
        build_release(self)

    monkeypatch.setattr(Course, "build_release", spy)
    status, _, _ = run(course, capsys)
    assert (status, started) == (0, [True])
    assert [list(row.scores.values()) for row in course.grades()] == [[3.0, 4.0]] * 2
    assert not left_behind()
    _, out, _ = run(course, capsys)
    assert started == [True, False]
    assert " 0 graded now" in " ".join(out.split()), "the next run reads the same settings"


def test_workers_that_were_started_early_end_with_a_run_that_fails(
    class_for_workers: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(class_for_workers.folder("source"))
    status, _, err = run(class_for_workers, capsys)
    assert (status, len(err)) == (1, 1)
    assert not left_behind()


@pytest.mark.parametrize("config", ["c.ClassRun.jobs = 1", "c.ClassRun.scheduler = 'tcp://localhost:1'"])
def test_a_run_that_needs_no_workers_starts_none(tmp_path: Path, config: str) -> None:
    course = make_course(tmp_path, ["losses"], f"\n{config}\n")
    with course.workers(1000) as pool:
        assert pool is None
    assert not left_behind()


def test_a_misnamed_notebook_is_named(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """nbgrader would ask "did you forget to run generate_assignment?", which does not help: the release was built."""
    _, out, _ = run(course, capsys)
    text = " ".join(out.split())
    reason = text[text.index("renamed: not graded") :]
    assert "kadai.ipynb" in reason
    assert "did you forget" not in reason


def test_graded_now_counts_graded_submissions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = make_course(tmp_path, ["losses"])
    for student in ("one", "two"):
        hand_in(course, student, {}, notebooks=[])
    status, out, _ = run(course, capsys)
    assert status == 0
    assert " 0 graded now" in " ".join(out.split())


def test_the_score_of_an_older_submission_is_not_kept_for_a_new_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Submitted again under a wrong name: flagged for review, without the old 7 points."""
    course = make_course(tmp_path, ["losses"])
    notebook = hand_in(course, "alice", LOSSES) / "losses.ipynb"
    run(course, capsys)
    notebook.rename(notebook.with_name("kadai.ipynb"))
    _, out, _ = run(course, capsys)
    assert "alice: not graded" in out
    (row,) = course.grades()
    assert (row.total, row.ungraded) != (7.0, 0)


def test_an_undecided_notebook_waits_for_a_person_and_is_graded_again_by_the_next_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], graded: list[str]
) -> None:
    """It sleeps until the wall-clock limit of the notebook, also when it is judged alone."""
    course = make_course(tmp_path, ["losses"], "c.Execute.notebook_seconds = 5\n")
    hand_in(course, "alice", LOSSES)
    hand_in(course, "sleeper", LOSSES, texts={"cross_entropy": "import time; time.sleep(3600)"})
    for expected in (["alice", "sleeper"], ["sleeper"]):
        graded.clear()
        status, out, _ = run(course, capsys)
        assert (status, graded) == (0, expected)
        assert "sleeper: too slow, perhaps because the machine was busy" in " ".join(out.split())
        assert "stopped by a time limit: sleeper/losses" in out
        rows = {row.student: row for row in course.grades()}
        assert list(rows["alice"].scores.values()) == [3.0, 4.0]
        assert list(rows["sleeper"].scores.values()) == [3.0, None]
        assert rows["sleeper"].ungraded == 1
        assert "時間切れかどうか決まりません" in (course.folder("feedback", "sleeper") / "losses.html").read_text()


def test_a_busy_machine_is_named_with_those_whom_it_concerns() -> None:
    stopped = {f"student{number}/losses": 1.0 + number for number in range(7)}
    five = ", ".join(list(stopped)[:5])
    assert stopped_line(stopped, 2) == (
        f"stopped by a time limit: {five} and 2 more; this machine was busy (load 7 on 2 CPUs): look at them"
    )
    assert stopped_line({"a/losses": 2.0}, 2) == "stopped by a time limit: a/losses"


def test_an_interrupted_run_can_be_continued(tmp_path: Path, graded: list[str]) -> None:
    """SIGINT while a student's cell hangs: finished grades stay, and the next run grades the others."""
    course = make_course(tmp_path, ["losses"])
    for student in ("first", "second", "third"):
        hand_in(course, student, LOSSES)
    hand_in(course, "second", LOSSES, texts={"softmax": "import time\ntime.sleep(3600)"})
    command = [sys.executable, "-m", "grader", "grade", "--course", str(course.root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        marker = course.root / "build" / "done" / "autograded" / ASSIGNMENT / "first"
        second = course.root / "build" / "unfinished" / ASSIGNMENT / "second"
        while process.poll() is None and not (marker.exists() and second.exists()):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    (line,) = err.splitlines()
    assert line.startswith("grader: stopped")
    assert [path.name for path in marker.parent.iterdir()] == ["first"]
    assert not (course.root / "grades.csv").exists()
    hand_in(course, "second", LOSSES)
    grade_class(course, Console(file=StringIO()))
    assert graded == ["second", "third"]
    assert {row.student: row.total for row in course.grades()} == {"first": 7.0, "second": 7.0, "third": 7.0}


@pytest.mark.parametrize("command", ["grade", "release", "publish"])
def test_an_unknown_assignment(course: Course, capsys: pytest.CaptureFixture[str], command: str) -> None:
    status = main([command, "--course", str(course.root), "--assignment", "nope"])
    err = capsys.readouterr().err.splitlines()
    assert status == 1
    assert len(err) == 1
    assert "'nope'" in err[0]
    assert ASSIGNMENT in err[0], "the available ones are listed"


def test_no_source_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["release", "--course", str(tmp_path)])
    err = capsys.readouterr().err.splitlines()
    assert status == 1
    assert len(err) == 1
    assert not (tmp_path / "release").exists()


def test_a_source_that_is_not_a_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    (folder / "broken.ipynb").write_text("{")
    assert main(["release", "--course", str(tmp_path)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_empty_course_grades_the_sample_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = sample.sample_class

    def two_students(assignment: Assignment) -> dict[str, sample.SampleStudent]:
        return {name: everyone(assignment)[name] for name in ("tani", "wada")}

    monkeypatch.setattr(sample, "sample_class", two_students)
    course = make_course(tmp_path, ["losses"])
    status, out, err = run(course, capsys)
    assert (status, err) == (0, [])
    assert "submitted/<student>/loss_functions" in out, "the folder for real submissions"
    assert (course.root / "build" / "sample" / "grades.csv").exists()
    assert not (course.root / "grades.csv").exists()


def test_nothing_outside_the_course_is_written(tmp_path: Path) -> None:
    """Neither the home folder nor the working directory is written to."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    course = make_course(tmp_path / "course", ["losses"])
    hand_in(course, "alice", LOSSES)
    build = str(course.root / "build")
    own = dict.fromkeys(("MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"), build)
    command = [sys.executable, "-m", "grader", "grade", "--course", str(course.root)]
    subprocess.run(command, cwd=work, env={**os.environ, **own, "HOME": str(home)}, check=True, capture_output=True)
    assert not list(home.rglob("*"))
    assert not list(work.rglob("*"))
