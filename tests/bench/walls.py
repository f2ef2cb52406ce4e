"""What a notebook pays for its process and for the walls around it, all three ways in turn. For a fresh process."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from statistics import median

from grader.sandbox.isolation.bounds import ALL, OUTER
from grader.sandbox.processes.client import ForkServer
from tests.bench.meters import meter

BOTH, INNER, NONE = "both walls", "inner wall alone", "no walls"
WITHOUT = {BOTH: frozenset[str](), INNER: frozenset({OUTER}), NONE: ALL}
TIMES = 30


def walls(images: Path, times: int = TIMES) -> tuple[dict[str, tuple[float, float]], str]:
    """For each way (wall-clock s, CPU s) of a notebook of one empty cell, medians; and what stands with both walls."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in WITHOUT}
    with contextlib.ExitStack() as stack:
        servers = {}
        for name, without in WITHOUT.items():
            server, counter = ForkServer(without=without), meter()
            stack.callback(counter.close)
            stack.callback(server.close)
            server.walls()
            counter.add(server.pid)
            servers[name] = server, counter
        for number in range(times + 1):
            for name, (server, counter) in servers.items():
                begin, cpu = time.perf_counter(), time.process_time() + counter.seconds()
                with server.start((), {}, (images,)) as student:
                    student.send({"run": "pass"}, time.monotonic() + 60)
                    student.receive(time.monotonic() + 60)
                spent = time.perf_counter() - begin
                if number:  # the first one of a server finds everything cold
                    seen[name].append((spent, time.process_time() + counter.seconds() - cpu))
        standing = str(servers[BOTH][0].walls())
    return {name: (median(w for w, _ in s), median(c for _, c in s)) for name, s in seen.items()}, standing
