"""CPU time as the watchdog measures it: since any moment, ended processes included, hidden figures at their maximum."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.isolation.watchdog import ProcessUsage, Watchdog

SPIN = "import time\nwhile time.process_time() < 0.3: pass\nprint('spun', flush=True); import sys; sys.stdin.read()"


class HalfBlind(Watchdog):
    """Cannot read the figures of `hidden`, a process id."""

    hidden = 0

    def _usage(self, pid: int) -> ProcessUsage | None:
        return None if pid == self.hidden else super()._usage(pid)


def watchdog_at(home: Path) -> HalfBlind:
    """Watches what this process starts from now on."""
    watchdog = HalfBlind(Bounds(), str(home), home_has_size_limit=False, check_memory=False)
    watchdog.ignore_descendants()
    return watchdog


def spinning() -> subprocess.Popen[str]:
    """A process that has used 0.3 CPU seconds and sleeps now."""
    command = [sys.executable, "-Ic", SPIN]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "spun\n"
    return process


def test_cpu_time_is_known_since_any_moment(tmp_path: Path) -> None:
    watchdog = watchdog_at(tmp_path)
    begin = time.monotonic()
    assert watchdog.exceeded() == ""
    with spinning() as first:
        assert watchdog.exceeded() == ""
        middle = time.monotonic()
        assert watchdog.cpu_seconds(middle) == 0.0, "it sleeps"
        with spinning() as second:
            assert watchdog.cpu_seconds(begin) > 0.5
            assert watchdog.exceeded() == ""
            assert watchdog.cpu_seconds(time.monotonic()) == 0.0
            second.communicate("")
        first.communicate("")
    assert watchdog.cpu_seconds(begin) > 0.5, "ended processes count"


def test_a_process_that_hides_its_figures_has_used_everything(tmp_path: Path) -> None:
    watchdog = watchdog_at(tmp_path)
    with spinning() as process:
        assert watchdog.cpu_seconds(0.0) < math.inf
        watchdog.hidden = process.pid
        assert watchdog.cpu_seconds(0.0) == math.inf
        process.communicate("")
    assert watchdog.cpu_seconds(0.0) < math.inf, "it has ended"
