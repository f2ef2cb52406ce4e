"""The main loop of a student's process: handle requests until the pipe closes."""

from __future__ import annotations

import json
import socket

from grader import wire
from grader.sandbox.runtime.evaluate import evaluate, evaluate_batch
from grader.sandbox.runtime.messages import AnswerBatch, Ask, AskBatch, CellResult, Raised, RunCell, request_from_wire
from grader.sandbox.runtime.shell import Shell, interruptible


def serve(shell: Shell, pipe: socket.socket) -> None:
    """Handle requests until the pipe closes. Raises OSError, and WireError for a message that is not a request."""
    while True:
        try:
            reply = reply_to(shell, wire.receive(pipe))
            try:
                wire.send(pipe, reply)
            except wire.WireError as error:
                wire.send(pipe, Raised("ValueError", str(error)).to_wire())
        except KeyboardInterrupt:
            wire.send(pipe, Raised("KeyboardInterrupt", "").to_wire())
        except EOFError:
            return


def reply_to(shell: Shell, message: object) -> dict[str, object]:
    """Run a cell, or answer one question or a batch of them. Raises WireError if `message` is not a request."""
    match request_from_wire(message):
        case RunCell(source):
            ran = shell.run(source)
            shown = json.dumps({"outputs": ran.outputs, "updates": ran.updates, "displays": ran.displays})
            return CellResult(shown.encode(), ran.count).to_wire()
        case Ask(question):
            with interruptible():
                return evaluate(shell.user_ns, question).to_wire()
        case AskBatch(questions):
            with interruptible():
                return AnswerBatch(evaluate_batch(shell.user_ns, questions)).to_wire()
