"""The first cells of a notebook run once for all students; each student's process is as if it had run them itself."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from grader.errors import ForkServerError
from grader.grading.grade import Request, Result, grade
from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.processes.client import ForkServer
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from grader.submission.rebuild import rebuild
from tests.helpers.course_fixture import RIGHT, bank_source
from tests.helpers.loss_functions import BUDGET, IMAGES, PROJECT, stand_in
from tests.helpers.shared_zygote import fork_server

RELEASE = PROJECT / "release" / "loss_functions"
NOTEBOOKS = ("losses", "iris", "imbalanced_cifar10")
ENVIRONMENT = {name: value for name, value in BUDGET.items() if name.startswith("LOSS_FUNCTIONS_")}
# What a student's cells can see of the state that earlier cells have left. Tracebacks name a process id.
STATE = """
import gc, os, random, re, signal, sys, tempfile, threading, warnings
import matplotlib.pyplot as plt, numpy as np, torch
print(random.random(), np.random.rand(), torch.rand(1))
print(len(In), sorted(Out), repr(_)[:200], repr(__)[:200], get_ipython().execution_count)
print(os.getcwd(), os.listdir("."), sorted(os.environ.items()), sys.path, tempfile.gettempdir())
print(threading.active_count(), len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd")), gc.isenabled())
print(plt.get_fignums(), plt.rcParams["figure.figsize"], torch.get_num_threads(), signal.getsignal(signal.SIGINT))
print(sorted(sys.modules), [str(f) for f in warnings.filters], torch.is_grad_enabled(), torch.get_default_dtype())
for name, value in sorted(globals().copy().items()):
    if not name.startswith("_") and name not in ("In", "Out", "exit", "quit", "get_ipython"):
        text = repr(value.tolist() if isinstance(value, torch.Tensor) else value)
        print(name, type(value).__name__, re.sub("0x[0-9a-f]+", "", text)[:300])
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = fork_server(Bounds(memory_bytes=1 << 30))
    yield server
    server.close()


def handed_in(name: str, **changes: str) -> bytes:
    """A right submission, with a last cell that prints the state. changes: other cells, by id."""
    notebook = nbformat.read(RELEASE / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.id in RIGHT or cell.id in changes:
            cell.source = changes.get(cell.id) or bank_source(cell.id, RIGHT[cell.id])
    notebook.cells.append(nbformat.v4.new_code_cell(STATE, id="state"))
    return nbformat.writes(notebook).encode()


def graded(name: str, submitted: bytes, server: ForkServer, with_prefix: bool) -> tuple[Result, tuple[str, ...]]:
    """Run a submission without checks; → the result, and the prefix with which its process was started."""
    stand_in(IMAGES)
    release = (RELEASE / f"{name}.ipynb").read_bytes()
    request = Request(submitted, release, {}, variables=ENVIRONMENT, read={"LOSS_FUNCTIONS_IMAGES": IMAGES})
    prefixes = []

    def start(files: Any, variables: Any, read: Any, forks: int, prefix: tuple[str, ...]) -> Any:
        prefixes.append(prefix)
        return server.start(files, variables, read, forks, prefix if with_prefix else ())

    result = grade(replace(request, limits=Limits()), start)
    return result, prefixes[0]


def shown(notebook: NotebookNode) -> dict[str, list[Any]]:
    """What the code cells show, by id; text by lines."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return {c.id: [c.execution_count, *(o.get("text", str(o)).splitlines() for o in c.outputs)] for c in code}


def processes_of(server: ForkServer) -> int:
    """How many processes of the server are left that have run a notebook's first cells."""
    return len(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split())


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_process_is_as_if_it_had_run_the_cells_itself(name: str, server: ForkServer) -> None:
    submitted = handed_in(name)
    forked, prefix = graded(name, submitted, server, with_prefix=True)
    again, _ = graded(name, submitted, server, with_prefix=True)
    alone, _ = graded(name, submitted, server, with_prefix=False)
    assert processes_of(server) >= NOTEBOOKS.index(name) + 1, "the cells have run before the fork"
    assert len(prefix) >= 8
    assert "my_guess" in str(shown(alone.notebook)["state"])
    assert shown(forked.notebook) == shown(alone.notebook)
    assert shown(again.notebook) == shown(alone.notebook)


def test_the_prefix_ends_where_a_student_has_changed_a_cell() -> None:
    release = (RELEASE / "losses.ipynb").read_bytes()
    whole = rebuild(handed_in("losses"), release).prefix
    guessed = rebuild(handed_in("losses", guess_push="my_guess = [1, 2, 3]"), release).prefix
    assert guessed == whole[:3]
    assert rebuild(handed_in("losses", mse_values="import os"), release).prefix == whole[:2]
    notebook = nbformat.reads(handed_in("losses").decode(), as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import os", id="mine"))
    assert rebuild(nbformat.writes(notebook).encode(), release).prefix == ()
    assert not any(bank_source("softmax", RIGHT["softmax"]) in source for source in whole)


# The first cell knows in which process it runs: afterwards it is another one if its results come from before the fork.
WHERE = "import os; pid = os.getpid()"


def runs_before_the_fork(server: ForkServer, *cells: str) -> bool:
    """Whether these cells, with WHERE before them, run before the fork."""
    with server.start([], {}, prefix=(WHERE, *cells)) as process:
        channel = PipeChannel(process, Limits())
        for cell in (WHERE, *cells):
            channel.run(cell)
        reply: Any = channel.run("print(pid == os.getpid())")[0]
    text = json.loads(reply["shown"])["outputs"][0]["text"]
    assert text in ("True\n", "False\n")
    return bool(text == "False\n")


@pytest.mark.parametrize(
    "cell",
    [
        "open('numbers.txt', 'w').write('1')",
        "file = open(os.devnull)",
        "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "!true",
        "import socket; socket.socket()",
        "import socket\ntry:\n    socket.create_connection(('localhost', 1))\nexcept OSError: pass",
        "os.environ['NAME'] = 'value'",
        "os.chdir('/')",
        "here = os.getcwd()",
        "print(os.getcwd())",
        "1 / 0",
        "os._exit(0)",
    ],
)
def test_cells_that_leave_more_than_objects_run_in_each_process(server: ForkServer, cell: str) -> None:
    with server.start([], {}, prefix=(WHERE, cell)) as process:
        channel = PipeChannel(process, Limits())
        channel.run(WHERE)
        reply: Any = channel.run("print(pid == os.getpid())")[0]
    assert json.loads(reply["shown"])["outputs"][0]["text"] == "True\n"


def test_plain_cells_run_once(server: ForkServer) -> None:
    assert runs_before_the_fork(server, "x = 1", "print(x)")


def test_a_release_with_much_text_in_its_first_cells(server: ForkServer) -> None:
    """Sources of more than a datagram are run in each process: a request would not reach the fork server."""
    assert not runs_before_the_fork(server, f"text = {'損失' * 40_000!r}")


def test_the_fork_server_ends_with_the_process_that_has_run_the_cells() -> None:
    """Its students end with it, which must not look like their own end: the client starts a server and grades again."""
    server = fork_server()
    with contextlib.suppress(ForkServerError), server.start([], {}, prefix=(WHERE,)):
        (has_run_them,) = map(int, Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split())
        os.kill(has_run_them, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while server.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not server.is_running()
    assert runs_before_the_fork(server, "x = 1")
    server.close()
