"""Honest notebooks beside one that takes all CPUs: `python -m tests.quality.hog [RUNS] [SPINNERS]`.

By default 20 and 0. The hog starts 58 spinning processes, each in a session of its own. SPINNERS: other programs that
spin meanwhile, each in a session of its own too, so the load is at least that. Prints a line for each run; exit status
1 if an honest notebook lost a point.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.helpers.class_runs import HOG
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, command, hand_in, make_course

# Shorter than the defaults, for the neighbours too: the hog ends sooner, and a neighbour's margin is smaller.
LIMITS = "".join(
    f"c.Execute.{name} = {seconds}\n"
    for name, seconds in {"cell_seconds": 4, "answer_seconds": 1, "check_seconds": 3, "cpu_seconds": 15}.items()
)
NEIGHBOURS = 3
FULL = [3.0, 4.0]


def main(runs: int = 20, spinners: int = 0) -> int:
    """→ exit status."""
    lost = 0
    for number in range(runs):
        with tempfile.TemporaryDirectory(prefix="hog-") as folder, spinning(spinners):
            course = make_course(Path(folder) / "course", ["losses"], LIMITS)
            hand_in(course, "a_hog", LOSSES, texts={"softmax": HOG})
            for neighbour in range(NEIGHBOURS):
                hand_in(course, f"neighbour{neighbour}", LOSSES)
            begin = time.monotonic()
            done = command("nbgrader", "autograde", ASSIGNMENT, "--ClassRun.jobs=2", cwd=course.root)
            seconds = time.monotonic() - begin
            scores = {row.student: list(row.scores.values()) for row in course.grades()}
        hog = scores.pop("a_hog", None)
        full = sum(score == FULL for score in scores.values())
        lost += full != NEIGHBOURS or done.returncode != 0
        load = os.getloadavg()[0]
        print(f"run {number + 1}: {full} of {NEIGHBOURS} full, hog {hog}, {seconds:.0f} s, load {load:.1f}", flush=True)
    print(f"{runs - lost} of {runs} runs without a lost point")
    return int(lost > 0)


@contextlib.contextmanager
def spinning(count: int) -> Iterator[None]:
    """While the body runs, so many processes spin. They end with this one, also if it is killed."""
    one = [sys.executable, "-Ic", f"import os\nwhile os.getppid() == {os.getpid()}: pass"]
    processes = [subprocess.Popen(one, start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
