"""Run cells and ask questions in a student's process over its pipe, with a timeout for each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from grader.errors import StudentGone, TooSlow, WireError
from grader.sandbox.runtime.evaluate import BATCH_SECONDS
from grader.sandbox.runtime.messages import AnswerBatch, Ask, AskBatch, Request, RunCell
from grader.sandbox.runtime.questions import Question
from grader.student.limits import Limits

# What a student is told, by the bound of `sandbox.isolation.bounds` that their process exceeded.
EXCEEDED = {
    "memory": "メモリ（memory）を使いすぎました",
    "processes": "プロセス（process）を増やしすぎました",
    "cpu": "計算時間（CPU time）を使いすぎました",
    "disk": "ファイルに書きすぎました",
    "files": "ファイルを作りすぎました",
}
ENDED = "プロセスが終了しました"


class ProcessHandle(Protocol):
    """A student's process, as `grader.sandbox.processes.client` starts it. Deadlines are `time.monotonic()` values."""

    def send(self, body: Mapping[str, object], deadline: float) -> None:
        """Encode and send one message. Raises TimeoutError, OSError."""

    def receive(self, deadline: float) -> object:
        """The next message, decoded. Raises TimeoutError, EOFError, OSError, WireError."""

    def interrupt(self) -> None:
        """Send SIGINT."""

    def fork(self, deadline: float) -> tuple[ProcessHandle, int]:
        """A copy of the process as it is now, and how many threads it lacks.

        Raises TimeoutError; EOFError or OSError if there is no copy; WireError.
        """

    def stop(self) -> str:
        """Kill the process, not its copies → a key of `EXCEEDED` if it was killed for that, else ""."""


@dataclass
class PipeChannel:
    """Sends cells and questions to a student's process, one at a time.

    Each has a timeout of its own, all questions of a check have one together, and so has the whole notebook. At a
    timeout the process gets SIGINT; if it still does not reply, it is killed, but not its copies.

    gone: why the process was killed; "" while it is alive. Every later request then raises StudentGone.
    threads_lost: how many threads of its process a copy lacks, as it says itself.
    """

    process: ProcessHandle
    limits: Limits
    gone: str = ""
    threads_lost: int = 0
    _end: float = field(init=False)
    _check_end: float = field(init=False)

    GRACE = 1.0  # seconds between SIGINT and SIGKILL; IPython needs 20 ms for the traceback

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start the time of the notebook again, such as for the questions after all cells have run."""
        self._end = self._check_end = time.monotonic() + self.limits.notebook_seconds

    def begin_check(self) -> None:
        """Start the time of a new check."""
        self._check_end = min(self._end, time.monotonic() + self.limits.check_seconds)

    def ask(self, question: Question) -> object:
        """See `grader.student.proxy.Channel.ask`."""
        if time.monotonic() >= self._check_end:
            raise TooSlow("no time is left for this check")
        reply, timed_out = self._request(Ask(question), self._check_end, self.limits.answer_seconds)
        if timed_out:
            raise TooSlow(f"no answer within {self.limits.answer_seconds:g} s")
        return reply

    def ask_batch(self, questions: Sequence[bytes]) -> list[bytes]:
        """See `grader.grading.replay.BatchChannel.ask_batch`. A batch has the time of one answer and BATCH_SECONDS."""
        seconds = BATCH_SECONDS + self.limits.answer_seconds
        reply, timed_out = self._request(AskBatch(questions), self._check_end, seconds)
        if timed_out:
            raise TooSlow(f"no answer within {self.limits.answer_seconds:g} s")
        return AnswerBatch.from_wire(reply).answers

    def fork(self) -> PipeChannel:
        """A channel to a copy of the process as it is now. If there is none, the channel is `gone`."""
        if not self.gone:
            try:
                copy, threads = self.process.fork(min(self._end, time.monotonic() + self.limits.answer_seconds))
                return PipeChannel(copy, self.limits, threads_lost=threads)
            except (TimeoutError, EOFError, OSError, WireError):
                pass  # if the process itself has ended or does not reply, the next request says why
        return PipeChannel(self.process, self.limits, self.gone or ENDED)

    def stop(self) -> None:
        """End the process, not its copies."""
        self.gone = ENDED
        self.process.stop()

    def run(self, source: str) -> tuple[object, bool]:
        """Run a cell → (the reply, decoded but not checked; whether it came after SIGINT). Raises StudentGone."""
        return self._request(RunCell(source), self._end, self.limits.cell_seconds)

    def _request(self, request: Request, end: float, seconds: float) -> tuple[object, bool]:
        """→ (the reply, decoded but not checked; whether it came after SIGINT). Raises StudentGone."""
        if self.gone:
            raise StudentGone(self.gone)
        deadline = min(end, time.monotonic() + seconds)
        try:
            try:
                self.process.send(request.to_wire(), deadline)
                return self.process.receive(deadline), False
            except TimeoutError:
                self.process.interrupt()
                return self.process.receive(time.monotonic() + self.GRACE), True
        except TimeoutError:
            self.gone = "時間になっても終わりませんでした"
        except (EOFError, OSError):
            self.gone = ENDED
        except WireError as error:
            self.gone = f"protocol error: {error}"
        if bound := self.process.stop():
            self.gone = EXCEEDED.get(bound, bound)
        raise StudentGone(self.gone)
