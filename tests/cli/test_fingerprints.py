"""`make grade` grades again exactly what may get another grade: each input of a grade is changed in turn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, SubmittedAssignment
from traitlets.config import Config

from grader.checking.assignment import DataFile
from grader.cli.fingerprints import config_digest, fingerprints
from grader.cli.main import main
from grader.nbgrader_plugin.course import CONFIG_FILE, Course
from grader.submission import files
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, command, hand_in, make_course

ALL, LATE = {"alice", "late"}, {"late"}
NOON = "2026-11-30 12:00:00 JST"
DATA = DataFile(Path("images.npy"), "0" * 64, "")
PLUGIN = """
from nbgrader.plugins import BasePlugin
class Late(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late): return {penalty}
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two right submissions of task 1, graded; one is late."""
    course = make_course(tmp_path_factory.mktemp("course"), ["losses"])
    (hand_in(course, "alice", LOSSES) / "timestamp.txt").write_text(NOON)
    (hand_in(course, "late", LOSSES) / "timestamp.txt").write_text("2026-12-01 01:00:00 JST")
    set_due_date(course, datetime(2026, 11, 30, 15, 0))
    assert main(["grade", "--course", str(course.root)]) == 0
    return course


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The gradebook; what was changed in it is saved."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        yield gradebook
        gradebook.db.commit()


def set_due_date(course: Course, time: datetime) -> None:
    """time: in UTC."""
    with opened(course) as gradebook:
        gradebook.find_assignment(ASSIGNMENT).duedate = time


def change_submission(change: Callable[[SubmittedAssignment], None]) -> Callable[[Course], None]:
    """A change of the late student's submission in the gradebook."""

    def do(course: Course) -> None:
        with opened(course) as gradebook:
            change(gradebook.find_submission(ASSIGNMENT, "late"))

    return do


def extend(submission: SubmittedAssignment) -> None:
    submission.extension = timedelta(days=1)


def mark_by_hand(submission: SubmittedAssignment) -> None:
    submission.notebooks[0].grades[0].manual_score = 1.0


def configure(line: str) -> Callable[[Course], None]:
    """A line more in the course's configuration."""

    def do(course: Course) -> None:
        with (course.root / CONFIG_FILE).open("a") as file:
            file.write(f"\n{line}\n")

    return do


def write(path: str, text: str) -> Callable[[Course], None]:
    """A file in the course."""

    def do(course: Course) -> None:
        (course.root / path).write_text(text)

    return do


def change_title(course: Course) -> None:
    """Another title in the instructor's notebook, and so in the release."""
    path = course.folder("source") / "losses.ipynb"
    path.write_text(path.read_text().replace("# 損失関数 1", "# 損失関数 1.0"))
    course.build_release()


CHANGES: dict[str, tuple[Callable[[Course], None], set[str]]] = {
    "due date": (lambda course: set_due_date(course, datetime(2026, 11, 30, 17, 0)), ALL),
    "extension": (change_submission(extend), LATE),
    "a mark, which a penalty may depend on": (change_submission(mark_by_hand), LATE),
    "time of submission": (write(f"submitted/late/{ASSIGNMENT}/timestamp.txt", NOON), LATE),
    "helper file": (write(f"submitted/late/{ASSIGNMENT}/helper.py", "x = 1"), LATE),
    "compiled helper, which Python imports without its source": (
        write(f"submitted/late/{ASSIGNMENT}/helper.pyc", "x"),
        LATE,
    ),
    "penalty": (configure('c.LateSubmissionPlugin.penalty_method = "zero"'), ALL),
    "penalty plug-in": (configure('c.AssignLatePenalties.plugin_class = "late.Late"'), ALL),
    "a module beside the configuration": (write("late.py", PLUGIN.format(penalty=1)), ALL),
    "time limit": (configure("c.Execute.cell_seconds = 61"), ALL),
    "memory": (configure("c.Execute.memory_bytes = 3_000_000_000"), ALL),
    "device": (configure('c.Execute.device = "meta"'), ALL),
    "GPU": (configure("c.Execute.student_gpu = True"), ALL),
    "data": (configure('c.Execute.data = "images.npy"'), ALL),
    "walls": (configure("c.Execute.without_walls = True"), ALL),
    "a preprocessor added": (configure('c.Autograde.autograde_preprocessors.append("late.Late")'), ALL),
    "exchange's zone": (configure('c.Exchange.timezone = "Asia/Tokyo"'), ALL),
    "lesson": (change_title, ALL),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_input_changes_the_digest_of_those_whom_it_concerns(
    graded: Course, tmp_path: Path, name: str
) -> None:
    change, concerned = CHANGES[name]
    copied = command("cp", "-r", f"{graded.root}/.", str(tmp_path), cwd=tmp_path)
    assert copied.returncode == 0
    course = Course(tmp_path, ASSIGNMENT)
    before = fingerprints(course, course.students(), DATA)
    assert before == fingerprints(Course(tmp_path, ASSIGNMENT), course.students(), DATA)
    change(course)
    after = fingerprints(Course(tmp_path, ASSIGNMENT), course.students(), DATA)
    assert {student for student in before if before[student] != after[student]} == concerned


def test_what_is_read_by_name_counts_behind_the_limit_of_a_listing(
    graded: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("cp", "-r", f"{graded.root}/.", str(tmp_path), cwd=tmp_path)
    course = Course(tmp_path, ASSIGNMENT)
    folder = course.folder("submitted", "late")
    for number in range(3):
        (folder / f"a{number}.txt").write_text("x")
    monkeypatch.setattr(files, "MAX_ENTRIES", 3)
    found = [course.submission_digest("late")]
    for name in ("losses.ipynb", "timestamp.txt"):
        (folder / name).write_text("something else")
        found.append(course.submission_digest("late"))
    assert len(set(found)) == 3


def test_other_data_and_other_plugin_code_change_the_digest(
    graded: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "far_away.py"
    module.write_text(PLUGIN.format(penalty=1))
    course = Course(graded.root, ASSIGNMENT)
    course.settings.AssignLatePenalties.plugin_class = "far_away.Late"
    first = fingerprints(course, ["alice"], DATA)
    assert fingerprints(course, ["alice"], DataFile(Path("images.npy"), "1" * 64, "")) != first
    module.write_text(PLUGIN.format(penalty=2))
    assert fingerprints(course, ["alice"], DATA) != first


def test_the_digest_is_the_same_in_another_process(graded: Course) -> None:
    script = (
        "import sys; from pathlib import Path; from grader.nbgrader_plugin.course import Course;"
        "from grader.cli.fingerprints import config_digest, fingerprints;"
        f"print(fingerprints(Course(Path(sys.argv[1]), '{ASSIGNMENT}'), ['alice'], None)['alice'])"
    )
    done = command(sys.executable, "-c", script, str(graded.root), cwd=graded.root)
    assert done.stdout.strip() == fingerprints(graded, ["alice"], None)["alice"], done.stderr


def test_reading_a_setting_changes_no_digest() -> None:
    settings = Config({"ClassRun": {"jobs": 2}})
    before = config_digest(settings)
    assert not settings.Execute.get("student_gpu", False)
    assert "Execute" in settings, "traitlets adds an empty section"
    assert config_digest(settings) == before


def test_a_changed_due_date_and_penalty_count_at_the_next_run(
    graded: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("cp", "-r", f"{graded.root}/.", str(tmp_path), cwd=tmp_path)
    course = Course(tmp_path, ASSIGNMENT)

    def totals() -> tuple[dict[str, float], str]:
        assert main(["grade", "--course", str(course.root)]) == 0
        return {row.student: row.total for row in course.grades()}, capsys.readouterr().out

    grades, out = totals()
    assert grades == {"alice": 7.0, "late": 7.0}
    assert "0 graded now" in out
    configure('c.LateSubmissionPlugin.penalty_method = "zero"')(course)
    assert totals()[0] == {"alice": 7.0, "late": 0.0}
    set_due_date(course, datetime(2026, 11, 30, 17, 0))
    assert totals()[0] == {"alice": 7.0, "late": 7.0}
    grades, out = totals()
    assert "0 graded now" in out
