"""A class in parallel: the same grades as one by one, whatever dies meanwhile; and nothing is graded twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from grader.batch.cache import Results
from grader.batch.job import Job, JobResult
from grader.batch.process_pool import KILLED_TWICE, Processes
from grader.batch.run_job import SERVER_ENDED, run_job
from grader.nbgrader_plugin.course import PROJECT, Course
from grader.nbgrader_plugin.preprocessors import Execute
from grader.sandbox.processes.client import SUPERVISOR_ENDED
from tests.helpers.bank import ANSWERS
from tests.helpers.course_fixture import ASSIGNMENT, RIGHT, bank_source, command, hand_in, make_course
from tests.helpers.processes import (
    STUDENTS,
    WORKERS,
    fork_servers,
    forked,
    supervisors,
    tree,
    tree_kill,
    workers,
    zygotes,
)

WAYS = sorted(path.stem for path in (ANSWERS / "softmax").glob("*.py"))[:6]
LOCAL = ("--ClassRun.jobs=2",)


SLOW = "slow"


def small_class(folder: Path) -> Course:
    """Six submissions, right and wrong ones, and one that lasts: whoever kills a part of the run finds it running."""
    course = make_course(folder, ["losses"])
    for number, way in enumerate(WAYS):
        hand_in(course, f"student{number}", {"softmax": way})
    hand_in(
        course, SLOW, {}, texts={"softmax": f"import time; time.sleep(1.5)\n{bank_source('softmax', RIGHT['softmax'])}"}
    )
    return course


def rows(course: Course) -> list[Any]:
    """The gradebook but for its random ids and its times."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return sorted(
            (s.student.id, n.name, g.name, g.auto_score, g.manual_score, g.needs_manual_grade, g.max_score)
            for s in gradebook.assignment_submissions(ASSIGNMENT)
            for n in s.notebooks
            for g in n.grades
        )


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Graded one by one, in one process."""
    course = small_class(tmp_path_factory.mktemp("expected"))
    done = command("nbgrader", "autograde", ASSIGNMENT, "--ClassRun.jobs=1", cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert len({score for *_, score, _, _, _ in rows(course)}) > 1
    return rows(course)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return small_class(tmp_path)


def stored(course: Course) -> list[Path]:
    return sorted((course.root / "build" / "results").glob("*/*.json"))


def test_in_parallel_and_never_twice(course: Course, expected: list[Any]) -> None:
    """With `--force` nbgrader saves again, but what has a result is not run again: here it is another one."""
    done = command("nbgrader", "autograde", ASSIGNMENT, *LOCAL, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert "slowest: " in done.stderr
    assert rows(course) == expected
    assert len(stored(course)) == len(WAYS) + 1
    for path in stored(course):
        path.write_text(path.read_text(encoding="utf-8").replace("確率", "他の"), encoding="utf-8")
    done = command("nbgrader", "autograde", ASSIGNMENT, "--force", *LOCAL, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert "他の" in (course.folder("autograded", "student0") / "losses.ipynb").read_text()


def test_a_result_that_is_not_whole_is_none(course: Course) -> None:
    job = work_of(course, "student0")
    results = Results(course.root / "build" / "results")
    results.keep(job, run_job(job))
    assert results.find(job)
    (path,) = stored(course)
    path.write_text(path.read_text()[:100])
    assert results.find(job) is None
    for other in ("", "\n", "[]\n", '{"characters": 0}\n', '{"characters": 0, "notes": [], "else": 1}\n'):
        path.write_text(other)
        assert results.find(job) is None


def work_of(course: Course, student: str) -> Job:
    job = Execute().job(course.directory, ASSIGNMENT, student, "losses")
    assert job
    return job


@pytest.mark.parametrize("victim", ["grader", "worker"])
def test_a_killed_run_goes_on(victim: str, course: Course, expected: list[Any]) -> None:
    """By SIGKILL at some moment, then run again."""
    assert run_and_kill(course, victim, random.Random(victim).uniform(0, 0.5))
    done = command("nbgrader", "autograde", ASSIGNMENT, *LOCAL, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert rows(course) == expected


def run_and_kill(course: Course, victim: str, seconds: float) -> bool:
    """`nbgrader autograde`, with a SIGKILL so long after workers began; → whether it was sent."""
    with running(course) as run:
        wait_for_workers(run)
        time.sleep(seconds)
        pids = {"grader": [run.pid], "worker": workers(run.pid)}
        for pid in pids[victim][:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if victim == "grader":
            run.wait()
        return bool(pids[victim])


def wait_for_workers(run: subprocess.Popen[bytes]) -> None:
    """And for a fork server of theirs: alone either could be what a library forks while it is imported."""
    while not (workers(run.pid) and fork_servers(run.pid)) and run.poll() is None:
        time.sleep(0.05)


def running(course: Course, *options: str) -> subprocess.Popen[bytes]:
    """`nbgrader autograde` in a course."""
    beside = Path(sys.executable).parent
    return subprocess.Popen(
        [str(beside / "nbgrader"), "autograde", ASSIGNMENT, *(options or LOCAL)],
        cwd=course.root,
        env={**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_what_kills_its_worker_twice_is_set_aside(course: Course) -> None:
    hand_in(course, "long", {}, texts={"softmax": "import time; time.sleep(50)"})
    workers = Processes(1)
    job = work_of(course, "long")
    future = workers.submit(job)
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.5):
            for pid in forked(os.getpid(), WORKERS):
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        done = workers.finish(job, future)
    finally:
        stop.set()
        killer.join()
        workers.close()
    assert any(KILLED_TWICE in note for note in done.notes)
    assert "未採点" in done.notebook
    assert not done.lasting


def killed_while_graded(job: Job, victims: Callable[[int], list[int]], times: int) -> JobResult:
    """`do`, while the first `times` victims that there are below this process are killed."""
    done: list[JobResult] = []
    grading = threading.Thread(target=lambda: done.append(run_job(job)))
    grading.start()
    killed: set[int] = set()
    while grading.is_alive():
        for pid in set(victims(os.getpid())) - killed:
            if len(killed) < times:
                killed.add(pid)
                time.sleep(0.5)  # its cell lasts longer
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    assert len(killed) == times
    return done[0]


def busy_fork_servers(pid: int) -> list[int]:
    """Other tests' own are idle."""
    return [server for server in fork_servers(pid) if tree(server, STUDENTS)]


@pytest.mark.parametrize("victims", [busy_fork_servers, supervisors])
def test_the_end_of_what_holds_a_students_process_is_not_the_students(
    victims: Callable[[int], list[int]], course: Course
) -> None:
    """It ends the student's process, too: graded again, and a person looks if that happens twice."""
    job = work_of(course, SLOW)
    undisturbed = run_job(job)
    assert killed_while_graded(job, victims, 1).notebook == undisturbed.notebook
    twice = killed_while_graded(job, victims, 2)
    (note,) = twice.notes
    assert note in (SERVER_ENDED, SUPERVISOR_ENDED) or "does not start" in note
    assert "未採点" in twice.notebook
    assert not twice.lasting


def test_nothing_of_a_run_stays_in_a_process_that_goes_on(course: Course) -> None:
    """Such as a notebook server's: it would keep what workers are forked from, and its memory."""

    def there() -> set[int]:
        return {pid for module in (WORKERS, STUDENTS) for pid in tree(os.getpid(), module)}

    before = there()  # other tests' own
    workers = Processes(1)
    hand_in(course, "only", {})
    job = work_of(course, "only")
    workers.finish(job, workers.submit(job))
    assert len(there() - before) >= 4
    workers.close()
    end = time.monotonic() + 10
    while there() - before and time.monotonic() < end:  # they are told, not waited for
        time.sleep(0.05)
    assert not there() - before


@pytest.mark.parametrize("module", [WORKERS, STUDENTS])
def test_a_run_goes_on_where_a_zygote_ends(module: str, course: Course, expected: list[Any]) -> None:
    """Of the workers': they end with it, and others do their job. Of the fork servers': what it has forked goes on."""
    with running(course) as run:
        wait_for_workers(run)
        victims = zygotes(run.pid, module)
        assert victims
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        assert run.wait() == 0
    assert rows(course) == expected


@contextlib.contextmanager
def cluster_of_two(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A real scheduler and two worker processes on loopback; → its address, the scheduler and the workers.

    folder: for what the workers write.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "distributed.cli.dask_"]
    own = {"cwd": PROJECT, "env": {**os.environ, "TMPDIR": str(folder)}}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **own}
    plain = ["--no-dashboard"]
    scheduler = [f"{dask[2]}scheduler", "--host", "127.0.0.1", "--port", str(port), *plain]
    worker = [f"{dask[2]}worker", address, "--nthreads", "1", "--host", "127.0.0.1", *plain]
    processes = [subprocess.Popen([*dask[:2], *arguments], **quiet) for arguments in (scheduler, worker, worker)]
    try:
        yield address, processes
    finally:
        for process in processes[::-1]:
            process.terminate()
            process.wait()


def test_on_a_cluster(tmp_path: Path, course: Course, expected: list[Any]) -> None:
    """One of two workers dies when it has begun."""
    with cluster_of_two(tmp_path) as (address, (_, worker, _)):

        def kill() -> None:
            while not fork_servers(worker.pid) and worker.poll() is None:
                time.sleep(0.05)
            tree_kill(worker.pid)

        threading.Thread(target=kill, daemon=True).start()
        done = command("nbgrader", "autograde", ASSIGNMENT, f"--ClassRun.scheduler={address}", cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert rows(course) == expected


def test_the_end_of_the_scheduler_is_one_line(tmp_path: Path, course: Course, expected: list[Any]) -> None:
    """And the next run goes on."""
    with cluster_of_two(tmp_path) as (address, (scheduler, worker, _)):

        def kill() -> None:
            while not fork_servers(worker.pid) and worker.poll() is None:
                time.sleep(0.05)
            scheduler.kill()

        threading.Thread(target=kill, daemon=True).start()
        done = command("nbgrader", "autograde", ASSIGNMENT, f"--ClassRun.scheduler={address}", cwd=course.root)
    assert done.returncode == 1
    assert f"The scheduler at {address} does not answer any more." in done.stderr
    assert "Traceback" not in done.stderr
    done = command("nbgrader", "autograde", ASSIGNMENT, *LOCAL, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert rows(course) == expected


def test_no_scheduler_is_one_line(course: Course) -> None:
    done = command("nbgrader", "autograde", ASSIGNMENT, "--ClassRun.scheduler=tcp://127.0.0.1:1", cwd=course.root)
    assert done.returncode == 1
    assert "No scheduler with workers answers at tcp://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
