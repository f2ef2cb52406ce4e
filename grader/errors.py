"""What can go wrong, as one tree; the class says whose fault it is.

GraderError
├── UserError          the instructor's command or course folder: one line, what to do
├── StudentError       counts against the student's check, never against the grader
│   ├── StudentRaised  their code raised
│   ├── StudentGone    their process ended or talked nonsense
│   └── TooSlow        no answer before the deadline
└── GraderFault        ours: never a 0 and never full marks, a person looks
    └── WireError      bytes that are no message (becomes StudentGone when a student sent them)
"""

from __future__ import annotations


class GraderError(Exception):
    """Base of everything that this package raises on purpose."""


class UserError(GraderError):
    """Something that the person at the keyboard can mend; its text is the whole message."""


class StudentError(GraderError):
    """The submission's own doing."""


class StudentRaised(StudentError):
    """The student's code raised while it answered a question."""

    def __init__(self, question: str, name: str, message: str, line: str, function: str) -> None:
        """`name` and `message` of the exception; `line`, `function`: where in the student's code it raised, or ""."""
        super().__init__(f"{question} → {name}: {message}")
        self.question, self.name, self.message, self.line, self.function = question, name, message, line, function


class StudentGone(StudentError):
    """The student's process ended, or sent bytes that are no answer."""


class TooSlow(StudentError):
    """No answer before the deadline."""


class GraderFault(GraderError):
    """The grader's own failure."""


class WireError(GraderFault):
    """Bytes that are no message, or a message over its bound."""
