"""An IPython shell that runs a student's cells and collects the outputs that a notebook would show.

It replaces what a Jupyter kernel replaces (streams, display, errors), so that output goes to `Outputs` and not into
messages. `tests/notebooks/` compares it with a real kernel; docs/fidelity.md lists the differences.
"""

# mypy: disable-error-code="no-untyped-call"
# (IPython has only partial type hints.)
from __future__ import annotations

import asyncio
import builtins
import contextlib
import getpass
import os
import random
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, TextIO, TypeAlias

from IPython.core import page
from IPython.core.autocall import ZMQExitAutocall
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import ExecutionResult
from traitlets import Type
from traitlets.config import Config

from grader.sandbox.runtime.capture import CapturingShell
from grader.sandbox.runtime.descriptors import CapturedDescriptors, Terminal
from grader.sandbox.runtime.display import CellCompiler, OutputPublisher, OutStream, ResultHook
from grader.sandbox.runtime.outputs import Output, Outputs, error_output, shorten_traceback

KERNEL_ENVIRONMENT = {  # as a kernel sets them, for commands that a cell starts
    "TERM": "xterm-color",
    "CLICOLOR": "1",
    "CLICOLOR_FORCE": "1",
    "FORCE_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
}
# Magics that need a front end: here they do nothing, instead of raising an error or waiting for a key.
FRONT_END_MAGICS = ("autosave", "clear", "connect_info", "ed", "edit", "less", "man", "more", "qtconsole")
REHEARSAL_CELLS = (
    "import matplotlib.pyplot as plt; plt.plot([0, 1]); plt.imshow([[0]]); plt.title('あ'); plt.show()",
    "1 / 0",
    "def f(:",
    "%time 1",
    "!true",
    "import asyncio; await asyncio.sleep(0)",
)


ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]


@dataclass(frozen=True)
class CellRun:
    """What a cell showed, as plain JSON types."""

    outputs: list[Output]
    updates: list[dict[str, Any]]  # "display_id", "data", "metadata": new content for displays of earlier cells
    displays: dict[int, str]  # index of an output → its display id, for later updates
    count: int | None  # the execution count; None for an empty cell


class Shell(CapturingShell):
    """Made by `make_shell` before the fork; `after_fork` prepares it in the child."""

    displayhook_class = Type(ResultHook)
    display_pub_class = Type(OutputPublisher)
    output_limit = 0
    terminal: Terminal | None = None
    loop: asyncio.AbstractEventLoop | None = None
    ran: list[tuple[str, dict[str, object]]] = []  # source and reply of cells that ran before the fork
    random_state: tuple[Any, ...] = ()  # of the `random` module, after these cells
    _display_ids: frozenset[str] = frozenset()
    _cell_streams: tuple[Any, Any] = (None, None)  # `sys.stdout` and `sys.stderr`; if a cell replaces them, that stays

    def run(self, source: str) -> CellRun:
        """Run one cell. Never raises: an exception in the cell becomes an output."""
        if not source.strip():
            return CellRun([], [], {}, None)
        count = self.execution_count
        self.current_outputs()  # discard what was written to the descriptors between cells
        self._outputs = outputs = Outputs(self.output_limit, self._display_ids)
        loop = self.loop or asyncio.new_event_loop()
        try:
            with self._cell_environment(), interruptible():
                self._run_until_complete(loop, source)
        except BaseException as error:  # that IPython did not catch, such as a KeyboardInterrupt in its own code
            outputs.show(error_output(type(error).__name__, _message(error), traceback.format_exception(error)))
        self.current_outputs()
        self._outputs = Outputs(0)
        if loop is not self.loop:
            loop.close()
        shown, updates = outputs.take()
        self._display_ids |= set(outputs.displays.values())
        return CellRun(shown, updates, outputs.displays, count)

    def _run_until_complete(self, loop: asyncio.AbstractEventLoop, source: str) -> None:
        task = loop.create_task(self._execute(source))
        try:
            loop.run_until_complete(task)
        except KeyboardInterrupt:  # during a top-level await: a kernel shows it as CancelledError
            task.cancel()
            loop.run_until_complete(task)

    async def _execute(self, source: str) -> None:
        """In a running event loop, as in a kernel. Not `run_cell`, which also keeps all output in the history."""
        transformed, failed = source, None
        try:
            transformed = self.transform_cell(source)
        except Exception:
            failed = sys.exc_info()
        result: ExecutionResult | None = None
        try:
            result = await self.run_cell_async(
                source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=failed
            )
        finally:
            self.events.trigger("post_execute")
            self.events.trigger("post_run_cell", result)

    @contextlib.contextmanager
    def _cell_environment(self) -> Iterator[None]:
        """Replace in `sys`, `builtins` and `getpass` what a kernel replaces, while a cell runs."""
        before = sys.stdout, sys.stderr, builtins.input, getpass.getpass
        (sys.stdout, sys.stderr), builtins.input, getpass.getpass = self._cell_streams, _no_input, _no_password
        try:
            yield
        finally:
            self._cell_streams = getattr(sys, "stdout", None), getattr(sys, "stderr", None)
            sys.stdout, sys.stderr, builtins.input, getpass.getpass = before

    def showtraceback(self, exc_tuple: ExceptionInfo | None = None, *arguments: Any, **options: Any) -> None:
        """IPython's, but without the middle of a deep recursion: formatting takes 8 ms per frame."""
        kind, error, frames = exc_tuple or sys.exc_info()
        shortened = (kind, error, shorten_traceback(frames)) if kind is not None and error is not None else None
        super().showtraceback(shortened, *arguments, **options)

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: Iterable[object]) -> None:
        self.current_outputs().show(error_output(str(etype.__name__), _message(evalue), stb))

    def _format_exception_for_storage(self, exception: BaseException, *_: object, **__: object) -> dict[str, object]:
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}  # for the history, which is not read

    def system_piped(self, cmd: str) -> None:
        """Run `!command` in a `Terminal`. Sets `_exit_code` to the exit status, as IPython does."""
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        self.terminal = self.terminal or Terminal()
        self.user_ns["_exit_code"] = self.terminal.run(self.var_expand(cmd, depth=1), sys.stdout.write)

    system = system_piped

    def ask_exit(self) -> None:
        """Do nothing: `exit()` and `quit()` stop a kernel after the cell, but here all cells are graded."""

    def enable_gui(self, gui: object = None) -> None:
        """Do nothing: figures are inline, so no event loop of a window system is needed."""

    def init_virtualenv(self) -> None:
        """Do nothing, as in a kernel: the interpreter is already that of the environment."""

    def init_hooks(self) -> None:
        super().init_hooks()
        self.set_hook(
            "show_in_pager", page.as_hook(lambda *_, **__: None), 99
        )  # help opens a pane in Jupyter and is not an output

    def init_magics(self) -> None:
        super().init_magics()
        for name in FRONT_END_MAGICS:
            self.magics_manager.register_function(lambda line: None, magic_name=name)


def make_shell(output_limit: int) -> Shell:
    """Make the shell of this process before the fork. It starts no thread and keeps no file open.

    output_limit: bytes that one cell may show. MPLBACKEND must already name the inline backend.
    """
    config = Config()
    config.HistoryManager.enabled = False  # its database uses a thread, which would not survive the fork
    with tempfile.TemporaryDirectory() as directory:
        shell: Shell = Shell.instance(config=config, ipython_dir=directory, compiler_class=CellCompiler)
    shell.db = {}  # for the lists of %cd and %bookmark; in memory, because the directory is deleted
    shell.exiter = ZMQExitAutocall(shell)
    shell.output_limit = output_limit
    shell.pid = os.getpid()
    shell._cell_streams = OutStream("stdout", shell), OutStream("stderr", shell)
    return shell


def rehearse(shell: Shell) -> None:
    """Before the fork, draw a figure, raise errors and run a command: the first time is slow. Then reset the shell."""
    for source in REHEARSAL_CELLS:
        shell.run(source)
    shell.terminal = None
    shell.reset(new_session=True)


def after_fork(shell: Shell) -> None:
    """Prepare the shell in the child, after inherited descriptors are closed and the environment is set.

    Call it before Landlock and seccomp, which may deny what it opens: a terminal, memory files, an event loop.
    """
    shell.pid = os.getpid()
    shell.descriptors = CapturedDescriptors(shell.output_limit)
    shell.terminal = Terminal()
    shell.loop = asyncio.new_event_loop()
    asyncio.set_event_loop(shell.loop)
    os.environ.update(KERNEL_ENVIRONMENT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def before_fork(shell: Shell) -> None:
    """Undo `after_fork` in a process that has run cells, so that a fork of it can be prepared again.

    An event loop that is destroyed later would close its descriptors, whose numbers may be others' by then.
    """
    assert shell.loop
    assert shell.descriptors
    assert shell.terminal
    shell.random_state = random.getstate()
    shell.loop.close()
    asyncio.set_event_loop(None)
    shell.descriptors.close()
    shell.terminal.close()
    shell.loop = shell.descriptors = shell.terminal = None


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt inside; outside it is ignored, once `after_fork` has run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _no_input(prompt: object = "") -> NoReturn:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def _no_password(prompt: str = "", stream: TextIO | None = None, **_: object) -> NoReturn:
    raise StdinNotImplementedError("getpass was called, but this frontend does not support input requests.")


def _message(error: BaseException) -> str:
    """`str(error)`, or the name of its class if that raises."""
    try:
        return str(error)
    except BaseException:
        return f"<{type(error).__name__}>"
