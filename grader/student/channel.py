"""Run cells and ask questions in a student's process over its pipe, with a time limit for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from grader.errors import StudentGone, TooSlow, Undecided, WireError
from grader.sandbox.runtime.evaluate import BATCH_SECONDS
from grader.sandbox.runtime.messages import AnswerBatch, Ask, AskBatch, Request, RunCell
from grader.sandbox.runtime.questions import Question
from grader.student.deadlines import TimeLimit
from grader.student.limits import Limits
from grader.submission.language import N_, gettext
from grader.wire import Deadline

# What a student is told, by the bound of `sandbox.isolation.bounds` that their process exceeded.
EXCEEDED = {
    "memory": N_("メモリ（memory）を使いすぎました"),
    "processes": N_("プロセス（process）を増やしすぎました"),
    "cpu": N_("計算時間（CPU time）を使いすぎました"),
    "disk": N_("ファイルに書きすぎました"),
    "files": N_("ファイルを作りすぎました"),
}
ENDED = N_("プロセスが終了しました")


class ProcessHandle(Protocol):
    """A student's process, as `grader.sandbox.processes.client` starts it."""

    def send(self, body: Mapping[str, object], deadline: Deadline) -> None:
        """Encode and send one message. Raises TimeoutError, OSError."""

    def receive(self, deadline: Deadline) -> object:
        """The next message, decoded. Raises TimeoutError, EOFError, OSError, WireError."""

    def cpu_seconds(self, begin: float) -> float | None:
        """See `deadlines.CpuClock`."""

    def interrupt(self) -> None:
        """Send SIGINT."""

    def fork(self, deadline: Deadline) -> tuple[ProcessHandle, int]:
        """A copy of the process as it is now, and how many threads it lacks.

        Raises TimeoutError; EOFError or OSError if there is no copy; WireError.
        """

    def stop(self) -> str:
        """Kill the process, not its copies → a key of `EXCEEDED` if it was killed for that, else ""."""


UNDECIDED = N_("時間の上限（wall-clock limit）で止めました")


@dataclass
class PipeChannel:
    """Sends cells and questions to a student's process, one at a time.

    Each has a time limit of its own, all questions of a check have one together, and so has the whole notebook. When
    CPU time is used up, the process gets SIGINT; if it still does not reply, it is killed, but not its copies. At a
    wall-clock limit it is killed at once: the rest of the notebook is then undecided, and is not run.

    gone: why the process was killed; "" while it is alive. Every later request then raises StudentGone, or Undecided if
    a wall-clock limit was the reason.
    threads_lost: how many threads of its process a copy lacks, as it says itself.
    """

    process: ProcessHandle
    limits: Limits
    gone: str = ""
    undecided: bool = False
    threads_lost: int = 0
    _notebook: TimeLimit = field(init=False)
    _check: TimeLimit = field(init=False)

    GRACE = 1.0  # CPU seconds between SIGINT and SIGKILL; IPython needs 20 ms for the traceback

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start the time of the notebook again, such as for the questions after all cells have run."""
        limits = self.limits
        self._notebook = TimeLimit(
            self.process.cpu_seconds, limits.bounds.cpu_seconds, limits.notebook_seconds, alone=limits.alone
        )
        self._check = self._notebook

    def begin_check(self, seconds: float | None = None) -> None:
        """See `grader.grading.replay.BatchChannel.begin_check`."""
        self._check = self._limit(self.limits.check_seconds if seconds is None else seconds)

    def ask(self, question: Question) -> object:
        """See `grader.student.proxy.Channel.ask`."""
        return self._answer(Ask(question), self.limits.answer_seconds)

    def ask_batch(self, questions: Sequence[bytes]) -> list[bytes]:
        """See `grader.grading.replay.BatchChannel.ask_batch`. A batch has the time of one answer and BATCH_SECONDS."""
        reply = self._answer(AskBatch(questions), BATCH_SECONDS + self.limits.answer_seconds)
        return AnswerBatch.from_wire(reply).answers

    def fork(self) -> PipeChannel:
        """A channel to a copy of the process as it is now. If there is none, the channel is `gone`."""
        undecided = self.undecided
        if not self.gone:
            limit = self._limit(self.limits.answer_seconds)
            try:
                copy, threads = self.process.fork(lambda: min(limit.seconds_left(), self._notebook.seconds_left()))
                return PipeChannel(copy, self.limits, threads_lost=threads)
            except TimeoutError:
                undecided = "cpu" not in (limit.used_up, self._notebook.used_up)
            except (EOFError, OSError, WireError):
                pass  # if the process itself has ended, the next request says why
        return PipeChannel(self.process, self.limits, self.gone or gettext(ENDED), undecided)

    def stop(self) -> None:
        """End the process, not its copies."""
        self.gone = gettext(ENDED)
        self.process.stop()

    def run(self, source: str) -> tuple[object, bool]:
        """Run a cell → (the reply, decoded but not checked; whether it came after SIGINT).

        Raises StudentGone, Undecided.
        """
        return self._request(RunCell(source), self._limit(self.limits.cell_seconds))

    def _limit(self, seconds: float) -> TimeLimit:
        """seconds: of CPU time."""
        limits = self.limits
        return TimeLimit(self.process.cpu_seconds, seconds, seconds * limits.patience, alone=limits.alone)

    def _answer(self, request: Request, seconds: float) -> object:
        """seconds: of CPU time. Raises StudentGone, TooSlow, Undecided."""
        self._check.seconds_left()
        if self._check.used_up == "cpu":
            raise TooSlow("no time is left for this check")
        reply, stopped = self._request(request, self._limit(seconds), self._check)
        if stopped:
            raise TooSlow(f"no answer within {self.limits.answer_seconds:g} CPU seconds")
        return reply

    def _request(self, request: Request, *limits: TimeLimit) -> tuple[object, bool]:
        """→ (the reply, decoded but not checked; whether it came after SIGINT). Raises StudentGone, Undecided.

        limits: besides that of the notebook.
        """
        if self.gone:
            raise Undecided(self.gone) if self.undecided else StudentGone(self.gone)
        running = [*limits, self._notebook]

        def deadline() -> float:
            return min(limit.seconds_left() for limit in running)

        try:
            try:
                self.process.send(request.to_wire(), deadline)
                return self.process.receive(deadline), False
            except TimeoutError:
                if all(limit.used_up != "cpu" for limit in running):
                    raise
                self.process.interrupt()
                running = [self._limit(self.GRACE)]
                return self.process.receive(deadline), True
        except TimeoutError:
            self.undecided = all(limit.used_up != "cpu" for limit in running)
            self.gone = gettext(UNDECIDED if self.undecided else N_("時間になっても終わりませんでした"))
        except (EOFError, OSError):
            self.gone = gettext(ENDED)
        except WireError as error:
            self.gone = f"protocol error: {error}"
        if bound := self.process.stop():
            self.gone, self.undecided = gettext(EXCEEDED.get(bound, bound)), False
        raise Undecided(self.gone) if self.undecided else StudentGone(self.gone)
