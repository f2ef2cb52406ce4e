"""Measure what a student's process costs with both walls, the inner wall and none. To be called in a fresh process."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from statistics import median

from grader.sandbox.isolation.bounds import ALL_WALLS, OUTER_WALL
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.runtime.messages import RunCell
from tests.bench.meters import meter

BOTH, INNER, NONE = "both walls", "inner wall alone", "no walls"
LEFT_OUT = {BOTH: frozenset[str](), INNER: frozenset({OUTER_WALL}), NONE: ALL_WALLS}
REPETITIONS = 30


def walls(images: Path, times: int = REPETITIONS) -> tuple[dict[str, tuple[float, float]], str]:
    """Return median (wall-clock s, CPU s) of a notebook with one empty cell, for each way; and what both walls are."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in LEFT_OUT}
    with contextlib.ExitStack() as stack:
        servers = {}
        for name, without in LEFT_OUT.items():
            server, counter = ForkServer(without=without), meter()
            stack.callback(counter.close)
            stack.callback(server.close)
            server.walls()
            counter.add(server.pid)
            servers[name] = server, counter
        for number in range(times + 1):
            for name, (server, counter) in servers.items():
                begin, cpu = time.perf_counter(), time.process_time() + counter.seconds()
                with server.start((), {}, {"LOSS_FUNCTIONS_IMAGES": images}) as student:
                    student.send(RunCell("pass").to_wire(), time.monotonic() + 60)
                    student.receive(time.monotonic() + 60)
                spent = time.perf_counter() - begin
                if number:  # the first one of each server is a warm-up
                    seen[name].append((spent, time.process_time() + counter.seconds() - cpu))
        standing = str(servers[BOTH][0].walls())
    return {name: (median(w for w, _ in s), median(c for _, c in s)) for name, s in seen.items()}, standing
