"""Our shell shows what a real kernel shows (tests/notebooks/), within bounds, whatever the cell does.

Every test runs its cells in a fork of one warm parent, as grading does; this file is also that parent's program.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "tests" / "notebooks"
sys.path[:0] = [str(ROOT), str(NOTEBOOKS)]


def host() -> None:
    """Warm parent: for each line of JSON, fork a child that runs its cells; answer with what they showed."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    import dataclasses

    import matplotlib.pyplot  # noqa: F401  loaded before the fork, as grading does
    import torch  # noqa: F401

    from grader.sandbox.runtime.shell import after_fork, make_shell, rehearse

    shell = make_shell(0)
    rehearse(shell)
    threads = len(os.listdir("/proc/self/task"))
    for line in sys.stdin:
        request = json.loads(line)
        ours, theirs = os.pipe()
        if os.fork() == 0:
            os.close(ours)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            shell.output_limit = request["limit"]
            after_fork(shell)
            ran = []
            for source in request["cells"]:
                os.kill(os.getpid(), signal.SIGINT)  # from a deadline that the cell before has just met: ignored
                ran.append(dataclasses.asdict(shell.run(source)))
            with open(theirs, "w") as pipe:
                json.dump({"threads": threads, "ran": ran}, pipe, allow_nan=False)
            os._exit(0)
        os.close(theirs)
        with open(ours) as pipe:
            print(pipe.read(), flush=True)
        os.wait()


if __name__ == "__main__":
    host()
    os._exit(0)

import nbformat  # noqa: E402
import pytest  # noqa: E402
from record import normal  # noqa: E402

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """`run(cell, …)` → what each showed, all in one new fork."""
    directory = tempfile.TemporaryDirectory()
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=directory.name
    )
    assert process.stdin
    assert process.stdout

    def run(*cells: str, limit: int = 1 << 20) -> list[dict[str, Any]]:
        process.stdin.write(json.dumps({"cells": cells, "limit": limit}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert answer["threads"] == 1, "a fork must find one thread"
        for ran in answer["ran"]:
            for output in ran["outputs"]:
                nbformat.validate(nbformat.from_dict(output), ref=output["output_type"], version=4)
        return answer["ran"]

    with directory, process:
        yield run
        process.stdin.close()


# --- What a kernel shows ---


def outputs_of(ran: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The cells' outputs at the end of the notebook: updates of later cells applied, as the trusted side does."""
    cells = [cell["outputs"] for cell in ran]
    for later, cell in enumerate(ran):
        for update in cell["updates"]:
            for earlier in ran[:later]:
                for index, display_id in earlier["displays"].items():
                    if display_id == update["display_id"]:
                        earlier["outputs"][int(index)] |= {"data": update["data"], "metadata": update["metadata"]}
    return cells


def with_sizes(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pictures stand for their size in pixels: fonts and versions may differ, the figure may not."""
    for output in outputs:
        data = output.get("data", {})
        if data.get("image/png", "").startswith("iVBORw0KGgo"):
            data["image/png"] = struct.unpack(">II", b64decode(data["image/png"])[16:24])
    return outputs


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_same_as_a_kernel(run: Run, path: Path) -> None:
    """Cell by cell; a cell that says why it differs must differ."""
    cells = nbformat.read(path, as_version=4).cells
    ran = run(*(cell.source for cell in cells))
    wrong = []
    for cell, shown, answer in zip(cells, outputs_of(ran), ran, strict=True):
        ours, theirs = with_sizes(normal(shown)), with_sizes(normal(cell.outputs))
        same = ours == theirs and answer["count"] == cell.execution_count
        if same == ("difference" in cell.metadata):
            wrong.append(f"{cell.id} {cell.metadata.get('difference', '')}\n  kernel: {theirs}\n  ours:   {ours}")
    assert not wrong, "\n".join(wrong) + "\nIf IPython has changed, not we: python tests/notebooks/record.py"


# --- Bounds ---


def text_of(ran: dict[str, Any]) -> str:
    return "".join(output.get("text", "") for output in ran["outputs"])


NOTE = "出力が多いので、ここで打ち切りました"
ENDLESS = {
    "print": "print('x' * 100)",
    "one_character": "sys.stdout.write('x')",
    "flushed": "print('x', flush=True)",
    "two_streams": "print('o', flush=True); print('e', file=sys.stderr, flush=True)",
    "display": "display({}, raw=True)",
    "figure": "display({'image/png': 'x' * 10_000}, raw=True)",
    "update": "display('x' * 1000, display_id='same')",
    "updates": "update_display('x' * 1000, display_id='earlier')",
    "descriptor": "os.write(1, b'x' * 100)",
    "clear": "print('x' * 100); clear_output()",
    "clear_wait": "print('x' * 100); clear_output(wait=True)",
}


@pytest.mark.parametrize("cell", ENDLESS.values(), ids=ENDLESS)
def test_endless_output_is_bounded(run: Run, cell: str) -> None:
    """While it is made: neither what is shown nor the memory grows, and the Ctrl-C at its deadline is still seen."""
    start = "import os, resource, signal, sys\nfrom IPython.display import *\nfirst = display(1, display_id='earlier')"
    memory = "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss"
    loop = f"signal.setitimer(signal.ITIMER_PROF, 0.2)\nwhile True:\n    {cell}"
    interrupt = "signal.signal(signal.SIGPROF, lambda *_: os.kill(os.getpid(), signal.SIGINT))"
    *_, before, endless, after = run(start, interrupt, memory, loop, memory, limit=20_000)
    assert endless["ok"] is False
    if "write(1" not in cell:
        assert endless["outputs"][-1]["ename"] == "KeyboardInterrupt"
    assert len(json.dumps(endless)) < 1_400_000
    grown = int(after["outputs"][0]["data"]["text/plain"]) - int(before["outputs"][0]["data"]["text/plain"])
    assert grown < 20_000, f"{grown} kB"
    if cell.startswith(("print('x' * 100)", "sys", "display({}")) and "clear" not in cell:
        assert text_of(endless).count(NOTE) == 1


def test_the_note_stands_where_output_was_cut(run: Run) -> None:
    ran, after = run("print('あ' * 100)\ndisplay('no room')\n1 / 0", "print('room again')", limit=100)
    assert ran["outputs"][0]["text"] == "あ" * 33 + f"\n{NOTE}\n"
    assert [output["output_type"] for output in ran["outputs"]] == ["stream", "error"]
    assert text_of(after) == "room again\n"


def test_too_much_for_a_descriptor(run: Run) -> None:
    """A command that writes for ever gets an error instead of our memory."""
    ran, after = run("import os\nos.system('yes')", "os.system('echo again');", limit=100_000)
    assert text_of(ran).count("y\n") > 40_000
    assert "Operation not permitted" in text_of(ran)
    assert text_of(after) == "again\n"


def test_one_huge_output(run: Run) -> None:
    huge = (
        "print('x' * 10**8)",
        "'x' * 10**7",
        "raise ValueError('x' * 10**7)",
        "display({'a/b': [0] * 10**6}, raw=True)",
    )
    for cell in huge:
        (ran,) = run(cell, limit=1000)
        assert len(json.dumps(ran)) < 100_000


def test_many_errors(run: Run) -> None:
    """Tracebacks may pass the limit, for the last one says why the cell ended, but not without end."""
    show = "get_ipython().showtraceback((ValueError, ValueError('x' * 1000), None))"
    (ran,) = run(f"for _ in range(3000):\n    {show}", limit=1000)
    assert 10 < len(ran["outputs"]) < 1000


def test_deep_recursion_is_cut(run: Run) -> None:
    (ran,) = run("def r(n):\n    return r(n + 1)\nr(0)")
    (error,) = ran["outputs"]
    assert error["ename"] == "RecursionError"
    assert len(error["traceback"]) == 41
    assert "…" in error["traceback"]


# --- Whatever the cell does ---


@pytest.mark.parametrize(
    "cell",
    ["while True: pass", "import time; time.sleep(9)", "!sleep 9", "import asyncio; await asyncio.sleep(9)"],
)
def test_interrupted(run: Run, cell: str) -> None:
    """A Ctrl-C ends the cell, whatever it waits for; the next one runs."""
    start = "import os, signal\nsignal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT));"
    _, ran, after = run(start, f"signal.setitimer(signal.ITIMER_REAL, 0.2)\n{cell}", "1 + 1")
    assert not ran["ok"]
    assert ran["outputs"][-1]["ename"] in ("KeyboardInterrupt", "CancelledError")
    assert after["ok"]
    assert after["outputs"][0]["data"] == {"text/plain": "2"}


HOSTILE = {
    "str_raises": "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
    "name_is_no_text": "class M(type):\n    __name__ = 5\nclass E(Exception, metaclass=M): pass\nraise E",
    "traceback_is_no_list": "class E(Exception):\n    def _render_traceback_(self): return 5\nraise E",
    "traceback_of_objects": "class E(Exception):\n    def _render_traceback_(self): return [object()]\nraise E",
    "repr_exits": "class R:\n    def __repr__(self): raise SystemExit\nR()",
    "mimebundle_of_objects": "class R:\n    def _repr_mimebundle_(self, **_): return {'text/plain': object()}\nR()",
    "mimebundle_keys": "class R:\n    def _repr_mimebundle_(self, **_): return {(1, 2): 3}\nR()",
    "circular": "x = {}; x['x'] = x\ndisplay({'application/json': x}, raw=True)",
    "not_a_number": "display({'application/json': [float('nan'), float('inf')]}, raw=True)",
    "surrogates": "print('\\ud800')\ndisplay({'text/plain': '\\ud800'}, raw=True)\nraise ValueError('\\ud800')",
    "surrogate_in_source": "'\ud800'",
    "stdout_gone": "import sys; keep = sys.stdout; sys.stdout = None; print(1); display(2)",
    "stdout_still_gone": "display(3)\n1 / 0",
    "stdout_deleted": "del sys.stdout, sys.stderr",
    "stdout_back": "sys.stdout = sys.stderr = keep; print('back')",
    "descriptors_closed": "import os; os.closerange(1, 3); os.write(1, b'x')",
    "no_input": "import builtins; del builtins.input",
    "publisher_gone": "get_ipython().display_pub = None",
    "hook_gone": "get_ipython().displayhook = 5\n1 / 0",
    "run_cell_async_gone": "get_ipython().run_cell_async = None",
    "loop_closed": "import asyncio; asyncio.get_running_loop().stop()",
    "exit": "exit()",
    "quit": "quit()\nprint('on we go')",
    "system_exit": "raise SystemExit",
    "base_exception": "raise BaseException",
    "own_base_exception": "class B(BaseException): pass\nraise B('x')",
    "own_signal_handler": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "recursion_limit": "import sys; sys.setrecursionlimit(60)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_survives(run: Run, name: str) -> None:
    """Every cell is answered, and what follows it; the answer is JSON that a notebook file can hold (see `run`)."""
    ran = run("import sys\nkeep = sys.stdout", HOSTILE[name], "print('next')", "'still here'")
    assert len(ran) == 4
    json.dumps(ran, ensure_ascii=False).encode()


def test_exit_does_not_end_the_notebook(run: Run) -> None:
    """A kernel dies after the cell and leaves all later ones ungraded."""
    ran = run("exit()\nprint('as in a kernel, this runs')", "quit(keep_kernel=True)", "exit", "'graded'")
    assert [cell["ok"] for cell in ran] == [True] * 4
    assert text_of(ran[0])
    assert ran[3]["outputs"][0]["data"]["text/plain"] == "'graded'"


def test_what_a_cell_did(run: Run) -> None:
    """`ok`, `count` and the bookkeeping of displays."""
    shown, later, empty, wrong, bad_repr = run(
        "h = display(1, display_id='one')\nh.display(2)", "h.update(3)\nh.display(4)", " \n", "def f(:",
        "class R:\n    def __repr__(self): raise ValueError\nR()",
    )  # fmt: skip
    assert shown["displays"] == {"0": "one", "1": "one"}
    assert shown["updates"] == []
    assert [u["data"] for u in later["updates"]] == [{"text/plain": "4"}], "only the last content of a display counts"
    assert (empty["ok"], empty["count"], empty["outputs"]) == (True, None, [])
    assert (wrong["ok"], wrong["count"], bad_repr["ok"], bad_repr["count"]) == (False, 3, False, 4)


def test_the_differences_are_documented() -> None:
    """docs/fidelity.md lists exactly the cells that say that they differ."""
    rows = (ROOT / "docs" / "fidelity.md").read_text().splitlines()
    listed = {row.split("`")[1] for row in rows if row.startswith("| `") and "." in row.split("`")[1].split("(")[0]}
    marked = {
        f"{path.stem}.{cell.id}"
        for path in NOTEBOOKS.glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        if "difference" in cell.metadata
    }
    assert marked == {cell for cell in listed if (NOTEBOOKS / f"{cell.split('.')[0]}.ipynb").exists()}
