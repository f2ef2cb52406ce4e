"""Everything that this package raises on purpose, as one tree; the class says whose fault it is.

GraderError
├── UserError               the instructor's command, course folder or host: one line, what to do
│   └── WallsMissing        this host cannot sandbox a student's process
├── StudentError            counts against the student's check, never against the grader
│   ├── Mismatch            a wrong answer
│   ├── StudentRaised       the student's code raised
│   ├── StudentGone         the student's process ended or broke the protocol
│   ├── TooSlow             no answer within its CPU time
│   └── Undecided           no answer within the wall-clock limit, perhaps for want of a CPU: never a 0
├── GraderFault             the grader's failure: never a 0 and never full marks, a person looks
│   ├── WireError           bytes that are not a message (becomes StudentGone when a student sent them)
│   ├── ForkServerError     the fork server does not start or does not answer
│   ├── NamespacesError     the outer wall cannot be built on this host
│   └── ReplayMismatch      a recorded check cannot be replayed; it is run by hypothesis instead
└── NotGraded               nbgrader's converter has no grade for a submission (`nbgrader_plugin.converter`)

All of them can be pickled: they cross from worker processes to the main one.
"""

from __future__ import annotations

from typing import Any


class GraderError(Exception):
    """Base of everything that this package raises on purpose."""


class UserError(GraderError):
    """Something that the person at the keyboard can fix; its text is the whole message."""


class WallsMissing(UserError):
    """This host cannot sandbox a student's process. The text says why, and what to change."""


class StudentError(GraderError):
    """The submission is at fault."""


class Mismatch(StudentError, AssertionError):
    """A wrong answer: the question, the answer, the right answer, and how they differ, one line each.

    numbers: those of the answer and of the right answer, as nested lists, where a picture can show them.
    """

    def __init__(
        self, asked: str, got: str, expected: str, difference: str = "", numbers: tuple[Any, Any] | None = None
    ) -> None:
        super().__init__(asked, got, expected, difference, numbers)
        self.asked, self.got, self.expected, self.difference = asked, got, expected, difference
        self.numbers = numbers

    def __str__(self) -> str:
        return f"{self.asked} → {self.got}、正しくは {self.expected}" + (
            f"（{self.difference}）" if self.difference else ""
        )


class StudentRaised(StudentError):
    """The student's code raised an exception while it answered a question."""

    def __init__(self, question: str, name: str, message: str, line: str, function: str) -> None:
        """name, message: of the exception. line, function: where in the student's code it was raised, or ""."""
        super().__init__(question, name, message, line, function)
        self.question, self.name, self.message, self.line, self.function = question, name, message, line, function

    def __str__(self) -> str:
        return f"{self.question} → {self.name}: {self.message}"


class StudentGone(StudentError):
    """The student's process ended, or sent bytes that are not an answer."""


class TooSlow(StudentError):
    """No answer within its CPU time."""


class Undecided(StudentError):
    """No answer within the wall-clock limit behind the CPU time. Other programs may have kept the CPUs busy."""


class GraderFault(GraderError):
    """The grader's own failure."""


class WireError(GraderFault):
    """Bytes that are not a message, or a message that exceeds a size limit."""


class ForkServerError(GraderFault):
    """The fork server does not start or does not answer."""


class NamespacesError(GraderFault):
    """This host does not allow namespaces. The text says why, and what to change."""


class ReplayMismatch(GraderFault):
    """A check asks a question that was not recorded, or one that was not answered in the batch."""
