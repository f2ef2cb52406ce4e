"""What a student is told of a check that failed: its outcome, and the evidence from the exception that it raised."""

from __future__ import annotations

import re
from typing import Any

from hypothesis.errors import Flaky

from grader.errors import Mismatch, StudentGone, StudentRaised, TooSlow, Undecided, WireError
from grader.grading.verdict import Outcome
from grader.submission.language import N_, gettext
from grader.submission.match import is_stub_message

MAX_NAME = 60  # characters of an exception's name; torch's longest has 42
CHANGING = N_("同じ入力でも、答えが呼ぶたびに変わります。")
NOT_AGAIN = N_("ノートブックをもう一度実行すると、この検査には答えが返りませんでした。")


def explain(error: BaseException, source: str = "") -> tuple[Outcome, tuple[str, ...]]:
    """The outcome of a check that raised `error`, and the evidence: at most five short lines.

    source: of the notebook's cells, one after the other. Lines and names of functions are shown only if they are there.
    """
    if isinstance(error, Flaky):  # the same question got two answers, or the student's time ran out in between
        causes = [
            e
            for e in getattr(error, "exceptions", ())
            if isinstance(e, (Mismatch, StudentRaised, StudentGone, TooSlow, Undecided, WireError))
        ]
        if not causes:
            return Outcome.GRADER_ERROR, (f"{type(error).__name__}",)
        cause = next((e for e in causes if isinstance(e, (StudentGone, Undecided, WireError))), causes[0])
        outcome, evidence = explain(cause, source)
        changing = () if outcome in (Outcome.CRASHED, Outcome.UNDECIDED) else (gettext(CHANGING),)
        return outcome, (*evidence, *changing)
    match error:
        case Mismatch():
            right = gettext("正しくは {expected}").format(expected=error.expected)
            lines = f"{error.asked} → {error.got}", right, error.difference
            return Outcome.WRONG, tuple(_short(line) for line in lines if line)
        case StudentRaised(name="NotImplementedError") if is_stub_message(error.message):
            if not _is_defined(error.function, source):
                return Outcome.NOT_IMPLEMENTED, ()
            # The function that was asked may call another one that is still a stub.
            return Outcome.NOT_IMPLEMENTED, (gettext("関数 {function} の中身です。").format(function=error.function),)
        case StudentRaised():
            shown = error.line and _has_line(error.line, source)
            line = gettext("その行: {line}").format(line=error.line) if shown else ""
            lines = error.question, f"{error.name[:MAX_NAME]}: {error.message}", line
            return Outcome.RAISED, tuple(_short(line) for line in lines if line)
        case TooSlow():
            return Outcome.TOO_SLOW, (gettext("時間内に答えが返りませんでした。"),)
        case Undecided():
            said = gettext("時間内に答えが返りませんでしたが、計算機が混んでいたためかもしれません。")
            return Outcome.UNDECIDED, (said,)
        case StudentGone() | WireError():  # only a student's value can exceed the message limit
            said = gettext("プログラムが終わってしまいました（{reason}）。")
            return Outcome.CRASHED, (said.format(reason=_short(str(error))),)
    return Outcome.GRADER_ERROR, (_short(f"{type(error).__name__}: {error}"),)


def numbers_of(error: BaseException) -> tuple[Any, Any] | None:
    """The numbers of a wrong answer and of the right one, for a picture; None where there are none."""
    return error.numbers if isinstance(error, Mismatch) else None


def _short(line: str, most: int = 300) -> str:
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _has_line(line: str, source: str) -> bool:
    """Whether a reply's line, which is cut at 200 characters, is a line of the notebook."""
    return any(line == own.strip()[:200] for own in source.splitlines())


def _is_defined(function: str, source: str) -> bool:
    return function.isidentifier() and re.search(rf"\bdef\s+{function}\b", source) is not None
