"""Requests to a student's process and its replies, as classes that both ends of the pipe import.

`RunCell` → `CellResult`; `Ask` → `Answer` or `Raised`; `AskBatch` → `AnswerBatch`; `Fork` → `Copied` on the copy's
pipe.
`WriteFiles` is sent once, before all others. `to_wire` gives plain values for `wire.encode`; the functions named
`…from_wire` are the inverse and fail closed: they raise WireError for any other form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

import torch

from grader.errors import WireError
from grader.sandbox.runtime.questions import Question

READY = {"ready": True}  # the first message of a process, which waits for its first request


@dataclass(frozen=True, slots=True)
class WriteFiles:
    """Create these files in the directory of the process: relative paths and their contents."""

    files: Sequence[tuple[str, bytes]]

    def to_wire(self) -> dict[str, object]:
        """A content that stands there twice, under two forms of a name, is sent once; then its place in the list."""
        places: dict[int, int] = {}
        sent: list[list[object]] = []
        for place, (path, content) in enumerate(self.files):
            first = places.setdefault(id(content), place)
            sent.append([path, content if first == place else first])
        return {"files": sent}

    @classmethod
    def from_wire(cls, message: object) -> WriteFiles:
        """The inverse of `to_wire`. Raises WireError for any other form."""
        match message:
            case {"files": list(sent)}:
                files: list[tuple[str, bytes]] = []
                for file in sent:
                    match file:
                        case [str(path), bytes(content)]:
                            files.append((path, content))
                        case [str(path), int(place)] if 0 <= place < len(files):
                            files.append((path, files[place][1]))
                        case _:
                            raise WireError("not a file")
                return cls(files)
        raise WireError("not a list of files")


@dataclass(frozen=True, slots=True)
class RunCell:
    """Run the source of a cell."""

    source: str

    def to_wire(self) -> dict[str, object]:
        return {"run": self.source}


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer one question."""

    question: Question

    def to_wire(self) -> dict[str, object]:
        return {"ask": self.question.to_wire()}


@dataclass(frozen=True, slots=True)
class AskBatch:
    """Answer several questions, each encoded by itself: its bytes determine its random seed."""

    questions: Sequence[bytes]

    def to_wire(self) -> dict[str, object]:
        return {"ask_batch": list(self.questions)}


@dataclass(frozen=True, slots=True)
class Fork:
    """Fork a copy of the process as it is now. A byte follows, with the descriptor of the pipe that the copy serves."""

    def to_wire(self) -> dict[str, object]:
        return {"fork": True}


Request: TypeAlias = RunCell | Ask | AskBatch | Fork


def request_from_wire(message: object) -> Request:
    """The inverse of a request's `to_wire`. Raises WireError for any other form."""
    match message:
        case {"run": str(source)}:
            return RunCell(source)
        case {"ask": question}:
            return Ask(Question.from_wire(question))
        case {"ask_batch": list(questions)} if all(type(question) is bytes for question in questions):
            return AskBatch(questions)
        case {"fork": True}:
            return Fork()
    raise WireError("not a request")


@dataclass(frozen=True, slots=True)
class Copied:
    """The first message of a copy. threads: how many of the process it lacks; only the thread that forks is copied."""

    threads: int

    def to_wire(self) -> dict[str, object]:
        return {"copied": True, "threads": self.threads}

    @classmethod
    def from_wire(cls, reply: object) -> Copied:
        """The inverse of `to_wire`. Raises WireError for any other form."""
        match reply:
            case {"copied": True, "threads": threads} if type(threads) is int and threads >= 0:
                return cls(threads)
        raise WireError("not a copy")


@dataclass(frozen=True, slots=True)
class CellResult:
    """The result of running a cell.

    shown: JSON with the keys "outputs", "updates" and "displays" (`grader.grading.cell_outputs` validates it).
    count: its execution count; None for an empty cell.
    """

    shown: bytes
    count: int | None

    def to_wire(self) -> dict[str, object]:
        return {"shown": self.shown, "count": self.count}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    value: of the expression; `wire.Opaque` stands for a value that cannot be encoded.
    inputs: the tensors of the question, in order, as they are after the student's code ran.
    gradients: one for each of `inputs`; None where no gradient flowed or none was asked for.
    parameters, parameter_gradients: of the module that the question names.
    """

    value: Any
    inputs: list[torch.Tensor]
    gradients: list[torch.Tensor | None]
    parameters: list[torch.Tensor]
    parameter_gradients: list[torch.Tensor | None]

    def to_wire(self) -> dict[str, object]:
        return {
            "value": self.value,
            "inputs": self.inputs,
            "gradients": self.gradients,
            "parameters": self.parameters,
            "parameter_gradients": self.parameter_gradients,
        }


@dataclass(frozen=True, slots=True)
class Raised:
    """The student's code raised an exception, `SystemExit` and `KeyboardInterrupt` included.

    name, message: of the exception. line, function: where in the student's code it was raised, or "".
    """

    name: str
    message: str
    line: str = ""
    function: str = ""

    def to_wire(self) -> dict[str, object]:
        fields = {"name": self.name, "message": self.message, "line": self.line, "function": self.function}
        return {"raised": fields}


def answer_from_wire(reply: object) -> Answer | Raised:
    """The reply to `Ask`. Strings are cut; gradients may be left out, and then are None.

    Whether the tensors have the shapes that the question implies is for the caller to check. Raises WireError for any
    other form.
    """
    match reply:
        case {"raised": {"name": str(name), "message": str(message), "line": str(line), **more}}:
            function = more.get("function")
            return Raised(name[:100], message[:2000], line[:200], function[:100] if isinstance(function, str) else "")
        case {"value": value, "inputs": list(inputs), "parameters": list(parameters), **more}:
            gradients = more.get("gradients", [None] * len(inputs))
            parameter_gradients = more.get("parameter_gradients", [None] * len(parameters))
            if (
                _are_tensors(inputs)
                and _are_tensors(parameters)
                and _are_optional_tensors(gradients)
                and _are_optional_tensors(parameter_gradients)
            ):
                return Answer(value, inputs, gradients, parameters, parameter_gradients)
    raise WireError("not an answer")


def _are_tensors(values: list[object]) -> TypeGuard[list[torch.Tensor]]:
    return all(isinstance(value, torch.Tensor) for value in values)


def _are_optional_tensors(values: object) -> TypeGuard[list[torch.Tensor | None]]:
    return isinstance(values, list) and all(value is None or isinstance(value, torch.Tensor) for value in values)


@dataclass(frozen=True, slots=True)
class AnswerBatch:
    """Encoded answers to encoded questions, in order: to all of them, or to the first ones only."""

    answers: list[bytes]

    def to_wire(self) -> dict[str, object]:
        return {"answers": self.answers}

    @classmethod
    def from_wire(cls, reply: object) -> AnswerBatch:
        """The inverse of `to_wire`. Never raises: a reply of any other form has no answers."""
        answers = reply.get("answers") if isinstance(reply, dict) else None
        return cls([answer for answer in answers if isinstance(answer, bytes)] if isinstance(answers, list) else [])
