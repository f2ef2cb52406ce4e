"""The shell gives the same outputs as a real kernel (tests/notebooks/), limits them, and survives hostile cells.

Each test runs its cells in a fork of one warm parent process, as grading does. This file is also that parent's program.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "tests" / "notebooks"
sys.path.insert(0, str(ROOT))


def run_parent() -> None:
    """The warm parent: for each line of JSON, fork a child that runs its cells; print their outputs as JSON."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    import dataclasses

    import matplotlib.pyplot  # noqa: F401  loaded before the fork, as in grading
    import torch  # noqa: F401

    from grader.sandbox.runtime.shell import after_fork, make_shell, rehearse

    shell = make_shell(0)
    rehearse(shell)
    threads = len(os.listdir("/proc/self/task"))
    for line in sys.stdin:
        request = json.loads(line)
        read_end, write_end = os.pipe()
        if os.fork() == 0:
            os.close(read_end)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            shell.output_limit = request["limit"]
            after_fork(shell)
            ran = []
            for source in request["cells"]:
                os.kill(os.getpid(), signal.SIGINT)  # as if the cell before had just met its deadline: ignored
                ran.append(dataclasses.asdict(shell.run(source)))
            with open(write_end, "w") as pipe:
                json.dump({"threads": threads, "ran": ran}, pipe, allow_nan=False)
            os._exit(0)
        os.close(write_end)
        with open(read_end) as pipe:
            print(pipe.read(), flush=True)
        os.wait()


if __name__ == "__main__":
    run_parent()
    os._exit(0)

import nbformat  # noqa: E402
import pytest  # noqa: E402

from tests.helpers.kernel_outputs import normalised, with_picture_sizes  # noqa: E402

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """`run(cell, …)` runs the cells in one new fork → the result of each."""
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
        assert answer["threads"] == 1, "only one thread survives a fork"
        for ran in answer["ran"]:
            for output in ran["outputs"]:
                nbformat.validate(nbformat.from_dict(output), ref=output["output_type"], version=4)
        return answer["ran"]

    with directory, process:
        yield run
        process.stdin.close()


# --- Same outputs as a kernel ---


def outputs_of(ran: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The outputs of the cells at the end of the notebook, with updates of later cells applied, as in grading."""
    cells = [cell["outputs"] for cell in ran]
    for later, cell in enumerate(ran):
        for update in cell["updates"]:
            for earlier in ran[:later]:
                for index, display_id in earlier["displays"].items():
                    if display_id == update["display_id"]:
                        earlier["outputs"][int(index)] |= {"data": update["data"], "metadata": update["metadata"]}
    return cells


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_same_as_a_kernel(run: Run, path: Path) -> None:
    """Compare cell by cell; a cell marked with a difference must differ."""
    cells = nbformat.read(path, as_version=4).cells
    ran = run(*(cell.source for cell in cells))
    wrong = []
    for cell, shown, answer in zip(cells, outputs_of(ran), ran, strict=True):
        ours, theirs = with_picture_sizes(normalised(shown)), with_picture_sizes(normalised(cell.outputs))
        same = ours == theirs and answer["count"] == cell.execution_count
        if same == ("difference" in cell.metadata):
            wrong.append(f"{cell.id} {cell.metadata.get('difference', '')}\n  kernel: {theirs}\n  ours:   {ours}")
    assert not wrong, "\n".join(wrong) + "\nIf IPython has changed: python -m tests.notebooks.record"


# --- Limits on output ---


def text_of(ran: dict[str, Any]) -> str:
    return "".join(output.get("text", "") for output in ran["outputs"])


TRUNCATED_NOTE = "出力が多いので、ここで打ち切りました"
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
    """Neither the outputs nor the memory grow without limit, and SIGINT at the deadline still ends the cell."""
    start = "import os, resource, signal, sys\nfrom IPython.display import *\nfirst = display(1, display_id='earlier')"
    memory = "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss"
    loop = f"signal.setitimer(signal.ITIMER_PROF, 0.2)\nwhile True:\n    {cell}"
    interrupt = "signal.signal(signal.SIGPROF, lambda *_: os.kill(os.getpid(), signal.SIGINT))"
    *_, before, endless, after = run(start, interrupt, memory, loop, memory, limit=20_000)
    assert endless["outputs"][-1]["output_type"] == "error"
    if "write(1" not in cell:
        assert endless["outputs"][-1]["ename"] == "KeyboardInterrupt"
    assert len(json.dumps(endless)) < 1_400_000
    grown = int(after["outputs"][0]["data"]["text/plain"]) - int(before["outputs"][0]["data"]["text/plain"])
    assert grown < 20_000, f"{grown} kB"
    if cell.startswith(("print('x' * 100)", "sys", "display({}")) and "clear" not in cell:
        assert text_of(endless).count(TRUNCATED_NOTE) == 1


def test_the_note_is_where_output_was_cut(run: Run) -> None:
    ran, after = run("print('あ' * 100)\ndisplay('does not fit')\n1 / 0", "print('fits again')", limit=100)
    assert ran["outputs"][0]["text"] == "あ" * 33 + f"\n{TRUNCATED_NOTE}\n"
    assert [output["output_type"] for output in ran["outputs"]] == ["stream", "error"]
    assert text_of(after) == "fits again\n"


def test_too_much_output_to_a_descriptor(run: Run) -> None:
    """A command that writes without end gets an error and takes no memory."""
    ran, after = run("import os\nos.system('yes')", "os.system('echo again');", limit=100_000)
    assert text_of(ran).count("y\n") > 40_000
    assert "Operation not permitted" in text_of(ran)
    assert text_of(after) == "again\n"


def test_one_huge_output_is_bounded(run: Run) -> None:
    huge = (
        "print('x' * 10**8)",
        "'x' * 10**7",
        "raise ValueError('x' * 10**7)",
        "display({'a/b': [0] * 10**6}, raw=True)",
    )
    for cell in huge:
        (ran,) = run(cell, limit=1000)
        assert len(json.dumps(ran)) < 100_000


def test_many_errors_are_bounded(run: Run) -> None:
    """Tracebacks may exceed the limit, since the last one tells why the cell ended, but only by a fixed reserve."""
    show = "get_ipython().showtraceback((ValueError, ValueError('x' * 1000), None))"
    (ran,) = run(f"for _ in range(3000):\n    {show}", limit=1000)
    assert 10 < len(ran["outputs"]) < 1000


def test_deep_recursion_is_cut(run: Run) -> None:
    (ran,) = run("def r(n):\n    return r(n + 1)\nr(0)")
    (error,) = ran["outputs"]
    assert error["ename"] == "RecursionError"
    assert len(error["traceback"]) == 41
    assert "…" in error["traceback"]


# --- Hostile cells ---


@pytest.mark.parametrize(
    "cell",
    ["while True: pass", "import time; time.sleep(9)", "!sleep 9", "import asyncio; await asyncio.sleep(9)"],
)
def test_an_interrupt_ends_the_cell_and_the_next_one_runs(run: Run, cell: str) -> None:
    """For a busy loop, a sleep, a command and a top-level await."""
    start = "import os, signal\nsignal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT));"
    _, ran, after = run(start, f"signal.setitimer(signal.ITIMER_REAL, 0.2)\n{cell}", "1 + 1")
    assert ran["outputs"][-1]["ename"] in ("KeyboardInterrupt", "CancelledError")
    (result,) = after["outputs"]
    assert (result["output_type"], result["data"]) == ("execute_result", {"text/plain": "2"})


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
def test_a_hostile_cell_and_the_next_ones_have_results(run: Run, name: str) -> None:
    """Every result is JSON that a notebook file can hold (see `run`)."""
    ran = run("import sys\nkeep = sys.stdout", HOSTILE[name], "print('next')", "'still here'")
    assert len(ran) == 4
    json.dumps(ran, ensure_ascii=False).encode()


def test_exit_does_not_end_the_notebook(run: Run) -> None:
    """A kernel would end after the cell, and later cells would not be graded."""
    ran = run("exit()\nprint('as in a kernel, this runs')", "quit(keep_kernel=True)", "exit", "'graded'")
    assert "error" not in [output["output_type"] for cell in ran for output in cell["outputs"]]
    assert text_of(ran[0])
    assert ran[3]["outputs"][0]["data"]["text/plain"] == "'graded'"


def test_execution_counts_displays_and_updates(run: Run) -> None:
    shown, later, empty, wrong, bad_repr = run(
        "h = display(1, display_id='one')\nh.display(2)", "h.update(3)\nh.display(4)", " \n", "def f(:",
        "class R:\n    def __repr__(self): raise ValueError\nR()",
    )  # fmt: skip
    assert shown["displays"] == {"0": "one", "1": "one"}
    assert shown["updates"] == []
    assert [u["data"] for u in later["updates"]] == [{"text/plain": "4"}], "only the last content of a display counts"
    assert (empty["count"], empty["outputs"]) == (None, [])
    assert [output["ename"] for output in wrong["outputs"]] == ["SyntaxError"]
    assert [output["ename"] for output in bad_repr["outputs"]] == ["ValueError"]
    assert (wrong["count"], bad_repr["count"]) == (3, 4)


def test_the_differences_are_documented() -> None:
    """docs/fidelity.md lists exactly the cells that are marked as different."""
    rows = (ROOT / "docs" / "fidelity.md").read_text().splitlines()
    listed = {row.split("`")[1] for row in rows if row.startswith("| `") and "." in row.split("`")[1].split("(")[0]}
    marked = {
        f"{path.stem}.{cell.id}"
        for path in NOTEBOOKS.glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        if "difference" in cell.metadata
    }
    assert marked == {cell for cell in listed if (NOTEBOOKS / f"{cell.split('.')[0]}.ipynb").exists()}
