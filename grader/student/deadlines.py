"""Deadlines in CPU time of the student's processes, with a wall-clock limit behind each."""

from __future__ import annotations

import time
from typing import Protocol

from grader.sandbox.isolation.idle import idle_seconds

LOOK_SECONDS = 0.1  # shortest wait until the CPU time is asked again; the answer takes 1 ms


class CpuClock(Protocol):
    """The CPU time of the student's processes, as measured outside them."""

    def __call__(self, begin: float) -> float | None:
        """CPU seconds since `begin`, a `time.monotonic()` value, ended processes included; None if it is not known."""


class TimeLimit:
    """The time that one cell, answer or check, or the whole notebook, has from now on.

    The clock is asked only when as much wall-clock time has passed as there is CPU time: before that, a process of one
    thread cannot have used it up, and honest requests have ended.

    used_up: "" while time is left. Afterwards "cpu" if the CPU time is used up, or "wall" at the wall-clock limit.
    """

    def __init__(self, clock: CpuClock, cpu_seconds: float, wall_seconds: float, *, alone: bool = False) -> None:
        """alone: see `Limits`."""
        self.used_up = ""
        self._clock, self._cpu_seconds = clock, cpu_seconds
        self._begin = time.monotonic()
        self._look = self._begin + min(cpu_seconds, wall_seconds)
        self._end = self._begin + wall_seconds
        self._idle_before = idle_seconds() if alone else None

    def seconds_left(self) -> float:
        """Seconds until this should be called again, or 0 if no time is left; see `wire.Deadline`."""
        if not self.used_up and time.monotonic() >= self._look:
            used = self._used()
            now = time.monotonic()
            if used is not None and used >= self._cpu_seconds:
                self.used_up = "cpu"
            elif now >= self._end:
                self.used_up = "wall"
            else:
                left = LOOK_SECONDS if used is None else max(LOOK_SECONDS, self._cpu_seconds - used)
                self._look = min(self._end, now + left)
                return self._look - now
        return 0.0 if self.used_up else max(0.001, self._look - time.monotonic())

    def _used(self) -> float | None:
        """CPU seconds. Alone, also those that an idle CPU could have given, up to one CPU's in all."""
        used = self._clock(self._begin)
        if used is None or self._idle_before is None:
            return used
        elapsed = time.monotonic() - self._begin
        return max(used, min(elapsed, used + idle_seconds() - self._idle_before))
