"""A notebook that a wall-clock limit has stopped is judged again alone, once, and in a bounded time for a class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.batch import runner
from grader.batch.job import Job, JobResult
from grader.batch.runner import ClassRun, LocalRunner
from grader.student.limits import Limits

DECIDED = JobResult("{}", ())
UNDECIDED = JobResult("{}", (), cacheable=False, undecided=True, stopped=True)
STUDENTS = [f"student{number}" for number in range(12)]


class Pool:
    """A `WorkerPool` that gives set results and notes what runs beside what.

    judge: → the result of a job. events: ("submit" or "finish", student, whether alone), in order.
    """

    def __init__(self, judge: Callable[[Job], JobResult]) -> None:
        self.judge = judge
        self.events: list[tuple[str, str, bool]] = []
        self.beside: dict[str, set[str]] = {}  # student whose notebook is judged alone → the others in the pool then
        self.running: set[str] = set()
        self.jobs: list[Job] = []

    def submit(self, job: Job) -> str:
        self.events.append(("submit", job.student, job.limits.alone))
        if job.limits.alone:
            self.beside[job.student] = set(self.running)
        self.running.add(job.key)
        self.jobs.append(job)
        return job.key

    def finish(self, job: Job, future: str) -> JobResult:
        assert future == job.key
        self.running.remove(job.key)
        self.events.append(("finish", job.student, job.limits.alone))
        return self.judge(job)

    def close(self) -> None: ...


def job_of(student: str, folder: Path, content: str = "") -> Job:
    submitted = (content or student).encode()
    return Job("a", student, "losses", submitted, b"", (), (), {}, Limits(), folder / "build")


def graded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, judge: Callable[[Job], JobResult], jobs: list[Job]
) -> tuple[ClassRun, Pool, dict[str, JobResult]]:
    """Grade the jobs as nbgrader's loop does, in order; → the run, its pool, the results by student."""
    pool = Pool(judge)
    monkeypatch.setattr(runner, "ProcessPool", lambda *_: pool)
    monkeypatch.setattr(runner, "MAX_WITHOUT_POOL", 0)
    run = ClassRun(folder / "results", LocalRunner(), jobs=2)
    run.begin([lambda job=job: job for job in jobs])
    results = {job.student: run.result(job) for job in jobs}
    run.close()
    return run, pool, results


def slow(*students: str) -> Callable[[Job], JobResult]:
    """Undecided unless alone."""
    return lambda job: UNDECIDED if job.student in students and not job.limits.alone else DECIDED


@pytest.mark.parametrize("first", [0, 5, 11])
def test_it_is_judged_after_all_others_with_nothing_beside_it(
    first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [job_of(student, tmp_path) for student in STUDENTS]
    run, pool, results = graded(tmp_path, monkeypatch, slow(STUDENTS[first], STUDENTS[11]), jobs)
    assert set(results.values()) == {DECIDED}
    assert pool.beside == {STUDENTS[first]: set(), STUDENTS[11]: set()}
    alone = [number for number, (_, _, alone) in enumerate(pool.events) if alone]
    assert alone == list(range(2 * len(STUDENTS), len(pool.events))), "all others have finished before"
    assert sorted(job.student for job in pool.jobs if not job.limits.alone) == sorted(STUDENTS), "each is run once"
    assert not run.undecided


def test_the_result_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cached under the key of the notebook, so that a later run finds it."""
    jobs = [job_of(student, tmp_path) for student in STUDENTS]
    graded(tmp_path, monkeypatch, slow(STUDENTS[3]), jobs)
    _, pool, results = graded(tmp_path, monkeypatch, slow(STUDENTS[3]), jobs)
    assert not pool.jobs
    assert set(results.values()) == {DECIDED}


def test_what_is_undecided_alone_too_is_left_to_a_person_and_to_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def judge(job: Job) -> JobResult:
        return UNDECIDED if job.student == "student3" else DECIDED

    jobs = [job_of(student, tmp_path) for student in STUDENTS]
    for _ in range(2):
        run, pool, results = graded(tmp_path, monkeypatch, judge, jobs)
        assert results.pop("student3") == UNDECIDED
        assert set(results.values()) == {DECIDED}
        assert run.undecided == {"student3"}
        assert [job.limits.alone for job in pool.jobs if job.student == "student3"] == [False, True]


def test_the_same_file_is_judged_alone_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [job_of(student, tmp_path, "the same") for student in STUDENTS]
    run, pool, results = graded(tmp_path, monkeypatch, lambda _: UNDECIDED, jobs)
    assert [job.limits.alone for job in pool.jobs] == [False, True]
    assert set(results.values()) == {UNDECIDED}
    assert run.undecided == {*STUDENTS}


def test_the_time_for_a_class_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes as long as its limits allow, 200 s at most."""
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(runner, "time", clock)

    def judge(job: Job) -> JobResult:
        if job.limits.alone:
            clock.now += min(200.0, job.limits.notebook_seconds)
        return UNDECIDED

    jobs = [job_of(student, tmp_path) for student in STUDENTS]
    run, pool, _ = graded(tmp_path, monkeypatch, judge, jobs)
    assert [job.limits.notebook_seconds for job in pool.jobs if job.limits.alone] == [300.0, 100.0]
    assert run.undecided == {*STUDENTS}


def test_who_is_stopped_by_a_limit_is_named_once_and_only_by_the_run_that_judged_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer from the cache was timed, and perhaps stopped, in another run on a machine with another load."""
    too_slow = JobResult("{}", (), seconds=7.0, stopped=True)

    def judge(job: Job) -> JobResult:
        return too_slow if job.student == "student3" else slow("student1")(job)

    jobs = [job_of(student, tmp_path) for student in STUDENTS[:5]]
    run, _, _ = graded(tmp_path, monkeypatch, judge, jobs)
    assert list(run.stopped) == ["student3/losses"], "student1 was in time when judged alone"
    assert run.slowest[0] == (7.0, "student3/losses")
    again, _, results = graded(tmp_path, monkeypatch, judge, jobs)
    assert results["student3"] == too_slow
    assert (again.slowest, again.stopped) == ([], {})
