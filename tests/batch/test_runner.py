"""A class graded in parallel has the same gradebook as one by one, also if processes are killed or results cached."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.batch.cache import ResultCache
from grader.batch.job import Job, JobResult, grader_digest
from grader.batch.process_pool import KILLED_TWICE, ProcessPool
from grader.batch.run_job import JobRunner
from grader.nbgrader_plugin.course import Course
from grader.nbgrader_plugin.preprocessors import Execute
from grader.sandbox.processes.client import SUPERVISOR_ENDED
from grader.student.limits import Limits
from tests.helpers import shared_zygote
from tests.helpers.bank import ANSWERS
from tests.helpers.class_runs import HOG, LOCAL, cluster_of_two, rows, running
from tests.helpers.course_fixture import (
    ASSIGNMENT,
    LOSSES,
    RIGHT,
    autograde,
    bank_source,
    command,
    hand_in,
    make_course,
)
from tests.helpers.processes import (
    STUDENTS,
    WORKERS,
    fork_servers,
    forked,
    supervisors_of,
    tree,
    tree_kill,
    workers,
    zygotes,
)

ANSWER_NAMES = sorted(path.stem for path in (ANSWERS / "softmax").glob("*.py"))[:4]  # right and wrong ones
SLOW = "slow"  # a student
SHORT_CONNECT = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s"}  # instead of 30


def small_class(folder: Path) -> Course:
    """Four submissions, and one whose cell sleeps 1.5 s, so that a kill hits a running job."""
    course = make_course(folder, ["losses"])
    for number, answer in enumerate(ANSWER_NAMES):
        hand_in(course, f"student{number}", {"softmax": answer})
    slow_answer = f"import time; time.sleep(1.5)\n{bank_source('softmax', RIGHT['softmax'])}"
    hand_in(course, SLOW, {}, texts={"softmax": slow_answer})
    return course


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The gradebook of the class graded one by one, in one process."""
    course = small_class(tmp_path_factory.mktemp("expected"))
    assert not any(autograde(course, student) for student in course.students())
    assert len({score for *_, score, _, _, _ in rows(course)}) > 1
    return rows(course)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return small_class(tmp_path)


def cached_results(course: Course) -> list[Path]:
    return sorted((course.root / "build" / "results").glob("*/*.json"))


def test_a_parallel_run_gives_the_same_gradebook_and_nothing_is_graded_twice(
    course: Course, expected: list[Any]
) -> None:
    """The cached results are changed here: with `--force`, nbgrader saves each submission again, from the cache."""
    done = command("nbgrader", "autograde", ASSIGNMENT, *LOCAL, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert "slowest: " in done.stderr
    assert rows(course) == expected
    assert len(cached_results(course)) == len(ANSWER_NAMES) + 1
    for path in cached_results(course):
        path.write_text(path.read_text(encoding="utf-8").replace("確率", "他の"), encoding="utf-8")
    done = command("nbgrader", "autograde", ASSIGNMENT, "--force", *LOCAL, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert "他の" in (course.folder("autograded", "student0") / "losses.ipynb").read_text()


def test_a_later_run_grades_the_same_by_what_the_first_one_has_recorded(course: Course, expected: list[Any]) -> None:
    build = course.root / "build"

    def recordings() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (build / "recordings").glob("*/*")}

    assert command("nbgrader", "autograde", ASSIGNMENT, *LOCAL, cwd=course.root).returncode == 0
    first = recordings()
    assert len(first) > len(ANSWER_NAMES)
    assert {path.parent.name for path in first} == {grader_digest(ASSIGNMENT)}
    shutil.rmtree(build / "results")
    assert command("nbgrader", "autograde", ASSIGNMENT, "--force", *LOCAL, cwd=course.root).returncode == 0
    assert rows(course) == expected
    assert recordings() == first


def test_the_cache_ignores_an_incomplete_result(course: Course, runner: JobRunner) -> None:
    job = job_of(course, "student0")
    results = ResultCache(course.root / "build" / "results")
    results.add(job, runner.run(job))
    assert results.find(job)
    (path,) = cached_results(course)
    path.write_text(path.read_text()[:100])
    assert results.find(job) is None
    for other in ("", "\n", "[]\n", '{"characters": 0}\n', '{"characters": 0, "notes": [], "else": 1}\n'):
        path.write_text(other)
        assert results.find(job) is None


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    """A job runner with fork servers of its own."""
    runner = JobRunner(shared_zygote.connect())
    yield runner
    runner.close()


def job_of(course: Course, student: str) -> Job:
    job = Execute().job(course.directory, ASSIGNMENT, student, "losses")
    assert job
    return job


def wait_for_workers(run: subprocess.Popen[bytes]) -> None:
    """Wait for a worker and a fork server; one alone may be a process that a library forks during its import."""
    while not (workers(run.pid) and fork_servers(run.pid)) and run.poll() is None:
        time.sleep(0.05)


def test_a_notebook_whose_worker_dies_twice_is_left_to_a_person(course: Course) -> None:
    hand_in(course, "long", {}, texts={"softmax": "import time; time.sleep(50)"})
    pool = ProcessPool(1)
    job = job_of(course, "long")
    future = pool.submit(job)
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.5):
            for pid in forked(os.getpid(), WORKERS):
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        result = pool.finish(job, future)
    finally:
        stop.set()
        killer.join()
        pool.close()
    assert any(KILLED_TWICE in note for note in result.notes)
    assert "未採点" in result.notebook
    assert not result.cacheable


@pytest.mark.parametrize(
    ("body", "final"), [("while True: pass", True), ("import time; time.sleep(1000)", False)], ids=["spins", "sleeps"]
)
def test_a_result_is_final_if_its_own_cpu_time_decided(
    body: str, final: bool, course: Course, runner: JobRunner
) -> None:
    """Endless loops need not be judged again; a function that sleeps may have waited for a CPU."""
    hand_in(course, "slow", {}, texts={"softmax": f"def softmax(logits):\n    {body}"})
    limits = Limits(cell_seconds=1.0, answer_seconds=0.2, check_seconds=0.3, patience=100.0 if final else 3.0)
    result = runner.run(replace(job_of(course, "slow"), limits=limits))
    assert (result.cacheable, result.undecided) == (final, not final)
    assert ("× 時間切れです" in result.notebook) == final
    assert ("？ 時間切れかどうか" in result.notebook) != final
    assert bool(result.notes) != final


def test_a_notebook_with_many_spinning_processes_costs_others_no_point(tmp_path: Path) -> None:
    """Each of them in a session of its own, so that each has a share of the CPUs where no control group is made."""
    course = make_course(tmp_path, ["losses"], "c.Execute.cell_seconds = 4\nc.Execute.cpu_seconds = 12\n")
    hand_in(course, "a_hog", LOSSES, texts={"softmax": HOG})
    for number in range(4):
        hand_in(course, f"neighbour{number}", LOSSES)
    done = command("nbgrader", "autograde", ASSIGNMENT, *LOCAL, cwd=course.root)
    assert done.returncode == 0, done.stderr
    scores = {row.student: list(row.scores.values()) for row in course.grades()}
    assert scores.pop("a_hog")[0] == 0.0
    assert set(map(tuple, scores.values())) == {(3.0, 4.0)}


def killed_while_graded(
    runner: JobRunner, job: Job, victims: Callable[[int], list[int]], times: int, seconds: float = 0.5
) -> JobResult:
    """Run a job and kill the first victim of each of its first fork servers, `seconds` after it was found.

    Each repetition of the job has a new fork server. By default the cell of SLOW still runs.
    """
    results: list[JobResult] = []
    grading = threading.Thread(target=lambda: results.append(runner.run(job)))
    grading.start()
    struck: set[int] = set()
    while grading.is_alive():
        for server in set(fork_servers(os.getpid())) - struck:
            for victim in victims(server)[:1]:
                if len(struck) < times:
                    struck.add(server)
                    time.sleep(seconds)
                    os.kill(victim, signal.SIGKILL)
        time.sleep(0.05)
    assert len(struck) == times
    return results[0]


def itself_if_busy(server: int) -> list[int]:
    """A fork server with a student's process; those of other tests are idle."""
    return [server] if supervisors_of(server) else []


@pytest.mark.parametrize("victims", [itself_if_busy, supervisors_of])
def test_a_job_is_repeated_once_if_its_fork_server_or_supervisor_is_killed(
    victims: Callable[[int], list[int]], course: Course, runner: JobRunner
) -> None:
    """The student's process dies with either. If it happens again, the notebook is left to a person."""
    job = job_of(course, SLOW)
    undisturbed = runner.run(job)
    assert killed_while_graded(runner, job, victims, 1).notebook == undisturbed.notebook
    killed_twice = killed_while_graded(runner, job, victims, 2)
    (note,) = killed_twice.notes
    assert note == SUPERVISOR_ENDED or "does not start" in note
    assert "未採点" in killed_twice.notebook
    assert not killed_twice.cacheable


def test_a_wrong_answer_is_judged_again_if_its_fork_server_is_killed_while_it_is_asked(
    course: Course, runner: JobRunner
) -> None:
    """Its evidence comes from a second process, on another server by then."""
    hand_in(course, "wrong", {}, texts={"softmax": "import time\ndef softmax(x):\n    time.sleep(0.01)\n    return x"})
    job = job_of(course, "wrong")
    undisturbed = runner.run(job)
    disturbed = killed_while_graded(runner, job, itself_if_busy, 1, seconds=1.5)
    assert (disturbed.notebook, disturbed.notes) == (undisturbed.notebook, ())


def test_a_run_leaves_no_process(course: Course) -> None:
    """A notebook server's process must not keep zygotes and their memory after a run."""

    def processes() -> set[int]:
        return {pid for module in (WORKERS, STUDENTS) for pid in tree(os.getpid(), module)}

    before = processes()  # of other tests
    pool = ProcessPool(1)
    hand_in(course, "only", {})
    job = job_of(course, "only")
    pool.finish(job, pool.submit(job))
    assert len(processes() - before) >= 4
    pool.close()
    end = time.monotonic() + 10
    while processes() - before and time.monotonic() < end:  # `close` does not wait for all of them
        time.sleep(0.05)
    assert not processes() - before


@pytest.mark.parametrize("module", [WORKERS, STUDENTS])
def test_a_run_continues_if_a_zygote_is_killed(module: str, course: Course, expected: list[Any]) -> None:
    """Workers die with their zygote and are replaced; fork servers survive theirs."""
    with running(course) as run:
        wait_for_workers(run)
        victims = zygotes(run.pid, module)
        assert victims
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        assert run.wait() == 0
    assert rows(course) == expected


def test_a_cluster_gives_the_same_gradebook_if_a_worker_is_killed(
    tmp_path: Path, course: Course, expected: list[Any]
) -> None:
    """One of two workers is killed after it has started a job."""
    with cluster_of_two(tmp_path) as (address, (_, worker, _)):

        def kill() -> None:
            while not fork_servers(worker.pid) and worker.poll() is None:
                time.sleep(0.05)
            tree_kill(worker.pid)

        threading.Thread(target=kill, daemon=True).start()
        done = command("nbgrader", "autograde", ASSIGNMENT, f"--ClassRun.scheduler={address}", cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert rows(course) == expected


def test_a_killed_scheduler_is_one_line_and_the_next_run_continues(
    tmp_path: Path, course: Course, expected: list[Any]
) -> None:
    with cluster_of_two(tmp_path) as (address, (scheduler, worker, _)):

        def kill() -> None:
            while not fork_servers(worker.pid) and worker.poll() is None:
                time.sleep(0.05)
            scheduler.kill()

        threading.Thread(target=kill, daemon=True).start()
        option = f"--ClassRun.scheduler={address}"
        done = command("nbgrader", "autograde", ASSIGNMENT, option, cwd=course.root, variables=SHORT_CONNECT)
    assert done.returncode == 1
    assert f"The scheduler at {address} does not answer any more." in done.stderr
    assert "Traceback" not in done.stderr
    done = command("nbgrader", "autograde", ASSIGNMENT, *LOCAL, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert rows(course) == expected


def test_a_missing_scheduler_is_one_line(course: Course) -> None:
    option = "--ClassRun.scheduler=tcp://127.0.0.1:1"
    done = command("nbgrader", "autograde", ASSIGNMENT, option, cwd=course.root, variables=SHORT_CONNECT)
    assert done.returncode == 1
    assert "No scheduler with workers answers at tcp://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
