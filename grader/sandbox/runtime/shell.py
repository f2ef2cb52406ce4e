"""The first verb of a student's process: run a cell, and say what a notebook would show. Knows nothing of grading.

An IPython shell with the parts replaced that a kernel replaces (streams, display, errors), so that its outputs land
in `Outputs` instead of in messages. `tests/notebooks/` holds it to a real kernel; docs/fidelity.md lists what differs.
"""

# mypy: disable-error-code="no-untyped-call"
# (IPython is typed in part only.)
from __future__ import annotations

import asyncio
import builtins
import contextlib
import getpass
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from IPython.core import page
from IPython.core.autocall import ZMQExitAutocall
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets import Type
from traitlets.config import Config

from grader.sandbox.runtime.descriptors import Descriptors, Terminal
from grader.sandbox.runtime.display import Compiler, Hook, OutStream, Publisher
from grader.sandbox.runtime.outputs import Outputs, error_output, shorten

ENVIRONMENT = {  # what a kernel sets for the commands that a cell starts
    "TERM": "xterm-color",
    "CLICOLOR": "1",
    "CLICOLOR_FORCE": "1",
    "FORCE_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
}
# Magics that need a person and a page: they show nothing, instead of an error or a pager that waits for a key.
FRONT_END = ("autosave", "clear", "connect_info", "ed", "edit", "less", "man", "more", "qtconsole")
REHEARSAL = (
    "import matplotlib.pyplot as plt; plt.plot([0, 1]); plt.imshow([[0]]); plt.title('あ'); plt.show()",
    "1 / 0",
    "def f(:",
    "%time 1",
    "!true",
    "import asyncio; await asyncio.sleep(0)",
)


@dataclass(frozen=True)
class Ran:
    """What a cell did; everything in it is JSON."""

    outputs: list[dict[str, Any]]  # as in a notebook file
    updates: list[dict[str, Any]]  # "display_id", "data", "metadata": new content for displays of earlier cells
    displays: dict[int, str]  # index of an output → its display id, for later updates
    ok: bool
    count: int | None  # its execution count; None for an empty cell


class Shell(InteractiveShell):
    """Made by `make_shell`, before the fork; `after_fork` makes it ready in the child."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    output_limit = 0
    pid = 0
    descriptors: Descriptors | None = None
    terminal: Terminal | None = None
    loop: asyncio.AbstractEventLoop | None = None
    _outputs = Outputs(0)
    _display_ids: frozenset[str] = frozenset()
    _stdio: tuple[Any, Any] = (None, None)  # the student's: what a cell puts in their place stays there
    displaying = False  # a result is being formatted: an error then fails the cell
    _display_failed = False

    def run(self, source: str) -> Ran:
        """Run one cell. Never raises: whatever happens in the cell is an output."""
        if not source.strip():
            return Ran([], [], {}, True, None)
        count = self.execution_count
        self.gather()  # what was written between the cells belongs to none
        self._outputs = outputs = Outputs(self.output_limit, self._display_ids)
        self._display_failed = self.displaying = False
        loop = self.loop or asyncio.new_event_loop()
        ok = False
        try:
            with self._surroundings(), interruptible():
                ok = self._wait(loop, source)
        except BaseException as error:  # what IPython could not hold, such as a Ctrl-C between two of its steps
            outputs.show(error_output(type(error).__name__, _text(error), traceback.format_exception(error)))
        self.gather()
        self._outputs = Outputs(0)
        if loop is not self.loop:
            loop.close()
        shown, updates = outputs.take()
        self._display_ids |= set(outputs.displays.values())
        return Ran(shown, updates, outputs.displays, ok and not self._display_failed, count)

    def gather(self) -> Outputs:
        """The outputs of the running cell, with what has reached descriptors 1 and 2 so far."""
        if self.descriptors and os.getpid() == self.pid:
            for name, text in self.descriptors.read():
                self._outputs.write(name, text)
        return self._outputs

    def _wait(self, loop: asyncio.AbstractEventLoop, source: str) -> bool:
        task = loop.create_task(self._cell(source))
        try:
            return loop.run_until_complete(task)
        except KeyboardInterrupt:  # while a top-level await was waiting: a kernel shows it as CancelledError
            task.cancel()
            return loop.run_until_complete(task)

    async def _cell(self, source: str) -> bool:
        """Inside a running loop, as in a kernel. Not `run_cell`, which keeps all output in the history as well."""
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
        return bool(result.success)

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        """What a kernel replaces in `sys`, `builtins` and `getpass`, for as long as the cell runs."""
        ours = sys.stdout, sys.stderr, builtins.input, getpass.getpass
        (sys.stdout, sys.stderr), builtins.input, getpass.getpass = self._stdio, _no_input, _no_password
        try:
            yield
        finally:
            self._stdio = getattr(sys, "stdout", None), getattr(sys, "stderr", None)
            sys.stdout, sys.stderr, builtins.input, getpass.getpass = ours

    def showtraceback(self, exc_tuple: Any = None, *arguments: Any, **options: Any) -> None:
        """As IPython's, without the middle of a deep recursion: each of its calls would cost 8 ms."""
        kind, error, frames = exc_tuple or sys.exc_info()
        shortened: Any = (kind, error, shorten(frames)) if kind else None
        super().showtraceback(shortened, *arguments, **options)

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self._display_failed |= self.displaying
        self.gather().show(error_output(str(etype.__name__), _text(evalue), stb))

    def _format_exception_for_storage(self, exception: Any, *_: Any, **__: Any) -> dict[str, Any]:
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}  # the history that nobody reads

    def system_piped(self, cmd: str) -> None:
        """`!command`: see `Terminal`. Leaves the exit status in `_exit_code`, as IPython does."""
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        self.terminal = self.terminal or Terminal()
        self.user_ns["_exit_code"] = self.terminal.run(self.var_expand(cmd, depth=1), sys.stdout.write)

    system = system_piped

    def ask_exit(self) -> None:
        """`exit()` and `quit()` stop a kernel after the cell; here the notebook goes on, to be graded to its end."""

    def enable_gui(self, gui: Any = None) -> None:
        """No event loop of a window system: only inline figures."""

    def init_virtualenv(self) -> None:
        """As in a kernel: the interpreter is already the right one."""

    def init_hooks(self) -> None:
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(lambda *_, **__: None), 99)  # help is a pane, not an output

    def init_magics(self) -> None:
        super().init_magics()
        for name in FRONT_END:
            self.magics_manager.register_function(lambda line: None, magic_name=name)


def make_shell(output_limit: int) -> Shell:
    """The process's shell, to be made before the fork: it starts no thread and keeps no file.

    `output_limit`: bytes of output that one cell may show. MPLBACKEND must name the inline backend beforehand.
    """
    config = Config()
    config.HistoryManager.enabled = False  # its database has a thread, which would not survive the fork
    with tempfile.TemporaryDirectory() as directory:
        shell: Shell = Shell.instance(config=config, ipython_dir=directory, compiler_class=Compiler)
    shell.db = {}  # %cd and %bookmark keep their lists here: in memory, for the directory is gone
    shell.exiter = ZMQExitAutocall(shell)
    shell.output_limit = output_limit
    shell.pid = os.getpid()
    shell._stdio = OutStream("stdout", shell), OutStream("stderr", shell)
    return shell


def rehearse(shell: Shell) -> None:
    """Pay once, before the fork, for what the first figure, error and command load; then forget it all."""
    for source in REHEARSAL:
        shell.run(source)
    shell.terminal = None
    shell.reset(new_session=True)


def after_fork(shell: Shell) -> None:
    """In the child: after inherited descriptors are closed and the environment is set, before the walls are put up.

    What it opens (a terminal, files in memory, an event loop) a wall may refuse later.
    """
    shell.pid = os.getpid()
    shell.descriptors = Descriptors(shell.output_limit)
    shell.terminal = Terminal()
    shell.loop = asyncio.new_event_loop()
    asyncio.set_event_loop(shell.loop)
    os.environ.update(ENVIRONMENT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt here and does outside what it did before: after `after_fork`, nothing."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _no_input(prompt: object = "") -> NoReturn:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def _no_password(prompt: str = "", stream: Any = None, **_: Any) -> NoReturn:
    raise StdinNotImplementedError("getpass was called, but this frontend does not support input requests.")


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return f"<{type(error).__name__}>"
