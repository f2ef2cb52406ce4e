"""Questions are asked in copies of the process once all cells have run: neither cells nor evidence tell them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from grader.grading.evidence import CHANGING
from grader.grading.grade import Result, grade
from grader.grading.verdict import Outcome
from grader.sandbox.isolation.bounds import Bounds
from grader.student.limits import Limits
from tests.helpers.shared_zygote import fork_server
from tests.hostile.bank import AFTER_THE_CHECKS, Attack
from tests.hostile.run import CHECKS_CELL, LAST_CELL, MEMORY, RIGHT_ANSWER, request

LIMITS = Limits(cell_seconds=5, answer_seconds=5, check_seconds=10)
Grade = Callable[..., Result]


@pytest.fixture(scope="module")
def graded() -> Iterator[Grade]:
    """A function that grades an answer for softmax in a notebook with one more cell, `after`."""
    server = fork_server(Bounds(memory_bytes=512 << 20))

    def grade_one(answer: str, after: str = "1", **changed: Any) -> Result:
        attack = Attack("copies/one", "", "", "", frozenset(), f"{answer}\n{AFTER_THE_CHECKS}{after}\n")
        return grade(replace(request(attack, {}, LIMITS), **changed), server.start, MEMORY)

    assert grade_one(RIGHT_ANSWER).scores == {CHECKS_CELL: 3.0}  # records the questions
    yield grade_one
    server.close()


def shown_by(result: Result, cell_id: str) -> str:
    (cell,) = (cell for cell in result.notebook.cells if cell.id == cell_id)
    return str(cell.outputs)


@pytest.mark.parametrize(
    "after",
    [
        "del softmax",
        "def softmax(logits): return None",
        "import torch.nn.functional as F\nF.softmax = torch.softmax = torch.Tensor.softmax = torch.exp = None",
        "import os\nos._exit(0)",
        "import os\nos.abort()",
        "import time\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass",
        "import mmap\nkept = [mmap.mmap(-1, 64 << 20) for _ in range(12)]\nfor m in kept: m.write(bytes(64 << 20))",
        "import os, time\nfor _ in range(80):\n    try: os.fork() or time.sleep(100)\n    except OSError: pass",
        "import signal, os\nos.kill(0, signal.SIGINT)",
        "import os, sys\nfor n in range(3, 100):\n    try: os.close(n)\n    except OSError: pass",
    ],
)
def test_later_cells_change_no_verdict(graded: Grade, after: str) -> None:
    limits = replace(LIMITS, patience=2)  # one of them sleeps until the wall-clock limit
    assert graded(RIGHT_ANSWER, after, limits=limits).scores == {CHECKS_CELL: 3.0}


LARGE = """
import torch
torch.set_num_threads(4)
large = torch.ones(400, 400)
(large[:, :8] @ large[:8]).exp().sum(1).softmax(0)
"""
WITH_THREADS = {
    "torch's, before": LARGE + "def softmax(logits): return large.exp().sum() * 0 + torch.softmax(logits, 1)",
    "torch's, inside": LARGE
    + "def softmax(logits):\n    torch.set_num_threads(4)\n    large.exp().sum()\n    return torch.softmax(logits, 1)",
    "its own": """
import threading, torch
def softmax(logits):
    results = []
    thread = threading.Thread(target=lambda: results.append(torch.softmax(logits, 1)))
    thread.start()
    thread.join()
    return results[0]
""",
    "one that prints": """
import threading, time, torch
def tick():
    while True:
        print(".", end="")
        time.sleep(0.001)
threading.Thread(target=tick, daemon=True).start()
def softmax(logits):
    print(logits.shape)
    return torch.softmax(logits, 1)
""",
    "a pool, before": """
from concurrent.futures import ThreadPoolExecutor
import torch
pool = ThreadPoolExecutor(2)
pool.submit(int).result()
def softmax(logits): return pool.submit(torch.softmax, logits, 1).result()
""",
    "a worker, before": """
import queue, threading, torch
asked, answered = queue.Queue(), queue.Queue()
def work():
    while True: answered.put(torch.softmax(asked.get(), 1))
threading.Thread(target=work, daemon=True).start()
def softmax(logits):
    asked.put(logits)
    return answered.get()
""",
    "an event loop": """
import asyncio, torch
async def wait(x):
    await asyncio.sleep(0)
    return x
def softmax(logits): return asyncio.new_event_loop().run_until_complete(wait(torch.softmax(logits, 1)))
""",
}


@pytest.mark.parametrize("name", WITH_THREADS)
def test_answers_with_threads_are_right(graded: Grade, name: str) -> None:
    assert graded(WITH_THREADS[name]).scores == {CHECKS_CELL: 3.0}


SPY = """
import os, random, sys, threading, torch
seen = []
open("kept.txt", "w").close()
def softmax(logits):
    print("asked", file=sys.__stdout__)
    seen.append(str(logits))
    with open("kept.txt", "a") as file: file.write(str(logits))
    return torch.zeros_like(logits)
"""
LOOK = """
status = os.stat("kept.txt")
print(len(seen), status.st_size, status.st_mtime_ns - status.st_ctime_ns, sorted(os.listdir()))
print(torch.rand(1), random.random(), threading.active_count(), len(os.listdir("/proc/self/fd")))
"""


def test_the_cells_show_the_same_as_if_nothing_had_been_asked(graded: Grade) -> None:
    asked, not_asked = graded(SPY, LOOK), graded(SPY, LOOK, modules={})
    assert "tensor" in shown_by(asked, LAST_CELL)
    assert shown_by(asked, LAST_CELL) == shown_by(not_asked, LAST_CELL)
    in_place = graded(SPY, LOOK, in_place=True)
    assert shown_by(in_place, LAST_CELL) != shown_by(asked, LAST_CELL)


def test_evidence_comes_from_a_process_that_was_asked_nothing_else(graded: Grade) -> None:
    count = "import torch\nseen = []\ndef softmax(logits):\n    seen.append(1)\n"
    (values, *_) = graded(count + "    raise ValueError(f'call {len(seen)}')").verdicts[CHECKS_CELL]
    assert values.evidence[:2] == ("softmax([[0, 0]])", "ValueError: call 1")
    later = "    return torch.softmax(logits, 1) * (0.5 if len(seen) > 40 else 1)"
    verdicts = graded(count + later).verdicts[CHECKS_CELL]
    changed = [verdict for verdict in verdicts if verdict.outcome is Outcome.WRONG and verdict.check != "device"]
    assert changed
    assert all(verdict.evidence == (CHANGING,) for verdict in changed)


def test_of_an_exception_only_what_is_in_the_notebook_is_shown(graded: Grade) -> None:
    source = """
class Broken(Exception): pass
Broken.__name__ = "B" * 90
def softmax(logits):
    exec(compile("raise Broken('why')", "<cell>", "exec"), globals())
"""
    (values, *_) = graded(source).verdicts[CHECKS_CELL]
    assert values.evidence[1] == "B" * 60 + ": why"
    assert values.evidence[2] == 'その行: exec(compile("raise Broken(\'why\')", "<cell>", "exec"), globals())'
    stub = "def unwritten(): raise NotImplementedError\ndef softmax(logits): unwritten()"
    (values, *_) = graded(stub).verdicts[CHECKS_CELL]
    assert values.evidence == ("関数 unwritten の中身です。",)
    (values, *_) = graded(stub + "\nunwritten.__code__ = unwritten.__code__.replace(co_name='other')").verdicts[
        CHECKS_CELL
    ]
    assert values.evidence == ()


LEARNER = """
import torch
known = {known!r}
seen = []
def softmax(logits):
    text = str(logits.tolist())
    seen.append(text)
    if text not in known and text not in seen[:-1]:
        raise ValueError("|".join(t for t in dict.fromkeys(seen) if t not in known))
    return torch.softmax(logits, 1)
"""
TABLE = """
import torch
known = {known!r}
def softmax(logits): return torch.softmax(logits, 1) if str(logits.tolist()) in known else torch.zeros_like(logits)
"""


def test_a_table_of_what_is_told_earns_little(graded: Grade) -> None:
    """A class that shares what it is told: each submission raises the questions that it has seen and that are new."""
    known: set[str] = set()
    for _ in range(6):
        page = str([cell.get("outputs") for cell in graded(LEARNER.format(known=known)).notebook.cells])
        told = {text for line in re.findall(r"ValueError: ([^<…]*)", page) for text in line.split("|")}
        known |= {text.strip() for text in told if text.strip().endswith("]]")}
    assert known, "nothing was learnt: the test has a mistake"
    (score,) = graded(TABLE.format(known=known)).scores.values()
    assert score is not None
    assert score <= 1.5


@pytest.mark.parametrize("answer", [SPY, RIGHT_ANSWER, LEARNER.format(known=set())], ids=["spy", "right", "learner"])
def test_grading_twice_gives_the_same_verdicts(graded: Grade, answer: str) -> None:
    assert graded(answer).verdicts == graded(answer).verdicts
