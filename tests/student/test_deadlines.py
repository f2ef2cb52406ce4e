"""Time limits in CPU time with a wall-clock limit behind each, with clocks that the test sets."""

from __future__ import annotations

import os
from types import SimpleNamespace

import psutil
import pytest

from grader.student import deadlines
from grader.student.deadlines import TimeLimit


class Clocks:
    """now, idle: seconds. cpu: seconds of the student's processes, or None while it is not known."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.idle, self.asked = 100.0, 0.0, 0
        self.cpu: float | None = 0.0
        monkeypatch.setattr(deadlines, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(deadlines, "idle_seconds", lambda: self.idle)

    def cpu_seconds(self, begin: float) -> float | None:
        assert begin == 100.0
        self.asked += 1
        return self.cpu

    def limit(self, *, alone: bool = False) -> TimeLimit:
        """10 CPU seconds and 50 of wall-clock time."""
        return TimeLimit(self.cpu_seconds, 10.0, 50.0, alone=alone)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def test_the_clock_is_not_asked_before_the_cpu_time_can_be_used_up(clocks: Clocks) -> None:
    limit = clocks.limit()
    for clocks.now in (100.0, 105.0, 109.0):
        assert limit.seconds_left() == 110.0 - clocks.now
    assert clocks.asked == 0


def test_used_cpu_time_is_final(clocks: Clocks) -> None:
    limit = clocks.limit()
    clocks.now, clocks.cpu = 110.0, 10.0
    assert limit.seconds_left() == 0.0
    assert limit.used_up == "cpu"


def test_a_process_that_waited_for_a_cpu_gets_the_time_that_is_left(clocks: Clocks) -> None:
    limit = clocks.limit()
    clocks.now, clocks.cpu = 110.0, 2.0
    assert limit.seconds_left() == 8.0
    clocks.now, clocks.cpu = 118.0, 4.0
    assert limit.seconds_left() == 6.0
    clocks.now, clocks.cpu = 124.0, 10.0
    limit.seconds_left()
    assert limit.used_up == "cpu"


@pytest.mark.parametrize("cpu", [0.0, 9.9, None], ids=["asleep", "starved", "not known"])
def test_at_the_wall_clock_limit_it_is_open_why(clocks: Clocks, cpu: float | None) -> None:
    limit = clocks.limit()
    clocks.cpu = cpu
    while clocks.now < 149.0:
        clocks.now += limit.seconds_left()
        assert not limit.used_up
    clocks.now = 150.0
    assert limit.seconds_left() == 0.0
    assert limit.used_up == "wall"


@pytest.mark.parametrize(
    ("now", "idle", "cpu", "used_up"),
    [
        (110.0, 20.0, 0.0, "cpu"),  # asleep while both CPUs were idle
        (110.0, 0.0, 0.0, ""),  # others kept the CPUs busy
        (110.0, 4.0, 1.0, ""),
        (115.0, 9.0, 1.0, "cpu"),
        (150.0, 5.0, 1.0, "wall"),
        (150.0, 50.0, None, "wall"),
    ],
)
def test_alone_an_idle_cpu_counts_as_used(
    clocks: Clocks, now: float, idle: float, cpu: float | None, used_up: str
) -> None:
    clocks.idle = 1000.0
    limit = clocks.limit(alone=True)
    clocks.now, clocks.idle, clocks.cpu = now, 1000.0 + idle, cpu
    limit.seconds_left()
    assert limit.used_up == used_up


def test_the_idle_time_of_this_machine_is_what_psutil_says() -> None:
    def of_psutil() -> float:
        return float(sum(psutil.cpu_times(percpu=True)[number].idle for number in os.sched_getaffinity(0)))

    before = of_psutil()
    assert before - 0.1 <= deadlines.idle_seconds() <= of_psutil() + 0.1
