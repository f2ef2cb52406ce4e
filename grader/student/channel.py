"""A student's process at the other end of a pipe: cells and questions go there, each with its deadline."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from grader.errors import StudentGone, TooSlow, WireError
from grader.sandbox.runtime.answer import BATCH_SECONDS
from grader.student.limits import Limits


class Process(Protocol):
    """A student's process, as `sandbox.host` starts one."""

    def send(self, body: Mapping[str, Any], deadline: float) -> None:
        """Raises TimeoutError, OSError."""

    def receive(self, deadline: float) -> Any:
        """The next message, decoded. Raises TimeoutError, EOFError, OSError, WireError."""

    def interrupt(self) -> None:
        """Ctrl-C."""

    def kill(self) -> str:
        """End it and everything that it started; → the bound of `sandbox.bounds` that it had passed, or ""."""


PASSED = {
    "memory": "メモリ（memory）を使いすぎました",
    "processes": "プロセス（process）を増やしすぎました",
    "cpu": "計算時間（CPU time）を使いすぎました",
    "disk": "ファイルに書きすぎました",
    "files": "ファイルを作りすぎました",
}


@dataclass
class PipeChannel:
    """Cells and questions go to a student's process; deadlines hold for each, for each check, and for all together."""

    process: Process
    limits: Limits
    gone: str = ""  # why nothing more will come
    _end: float = field(init=False)
    _check_end: float = field(init=False)

    GRACE = 1.0  # seconds between Ctrl-C and the end of the process: IPython needs 20 ms for the traceback

    def __post_init__(self) -> None:
        self._end = self._check_end = time.monotonic() + self.limits.notebook_seconds

    def begin_check(self) -> None:
        """A new check: its own time begins."""
        self._check_end = min(self._end, time.monotonic() + self.limits.check_seconds)

    def ask(self, question: dict[str, Any]) -> Any:
        """See `Channel.ask`."""
        if time.monotonic() >= self._check_end:
            raise TooSlow("no time left for this check")
        reply, late = self._request({"ask": question}, self._check_end, self.limits.answer_seconds)
        if late:
            raise TooSlow(f"no answer within {self.limits.answer_seconds:g} s")
        return reply

    def ask_all(self, questions: list[bytes]) -> list[bytes]:
        """See `grader.grading.replay.BatchChannel.ask_all`. The time is the check's own, and bounds each answer."""
        seconds = BATCH_SECONDS + self.limits.answer_seconds
        reply, late = self._request({"ask_all": questions}, self._check_end, seconds)
        if late:
            raise TooSlow(f"no answer within {self.limits.answer_seconds:g} s")
        answers = reply.get("answers") if isinstance(reply, dict) else None
        return [a for a in answers if isinstance(a, bytes)] if isinstance(answers, list) else []

    def run(self, source: str) -> tuple[Any, bool]:
        """Run a cell → (reply of the shell, whether it had to be stopped). Raises StudentGone."""
        return self._request({"run": source}, self._end, self.limits.cell_seconds)

    def _request(self, body: Mapping[str, Any], end: float, seconds: float) -> tuple[Any, bool]:
        if self.gone:
            raise StudentGone(self.gone)
        deadline = min(end, time.monotonic() + seconds)
        try:
            try:
                self.process.send(body, deadline)
                return self.process.receive(deadline), False
            except TimeoutError:
                self.process.interrupt()
                return self.process.receive(time.monotonic() + self.GRACE), True
        except TimeoutError:
            self.gone = "時間になっても終わりませんでした"
        except (EOFError, OSError):
            self.gone = "プロセスが終了しました"
        except WireError as error:
            self.gone = f"not understood: {error}"
        if passed := self.process.kill():
            self.gone = PASSED.get(passed, passed)
        raise StudentGone(self.gone)
