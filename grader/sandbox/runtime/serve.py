"""The main loop of a student's process: handle requests until the pipe closes."""

from __future__ import annotations

import json
import os
import signal
import socket

from grader import wire
from grader.sandbox.runtime.evaluate import evaluate, evaluate_batch
from grader.sandbox.runtime.messages import (
    AnswerBatch,
    Ask,
    AskBatch,
    CellResult,
    Copied,
    Fork,
    Raised,
    Request,
    RunCell,
    request_from_wire,
)
from grader.sandbox.runtime.shell import CellRun, Shell, interruptible


def serve(shell: Shell, pipe: socket.socket) -> None:
    """Handle requests until the pipe closes. Raises OSError, and WireError for a message that is not a request."""
    while True:
        try:
            request = request_from_wire(wire.receive(pipe))
            if isinstance(request, Fork):
                pipe = fork(pipe)
                continue
            reply = reply_to(shell, request)
            try:
                wire.send(pipe, reply)
            except wire.WireError as error:
                wire.send(pipe, Raised("ValueError", str(error)).to_wire())
        except KeyboardInterrupt:
            wire.send(pipe, Raised("KeyboardInterrupt", "").to_wire())
        except EOFError:
            return


def reply_to(shell: Shell, request: Request) -> dict[str, object]:
    """Run a cell, or answer one question or a batch of them."""
    match request:
        case RunCell(source) if shell.ran:
            (first, reply), *shell.ran = shell.ran
            if source != first:
                raise wire.WireError("not the cell that was run before the fork")
            return reply
        case RunCell(source):
            return reply_of(shell.run(source))
        case Ask(question):
            with interruptible():
                return evaluate(shell.user_ns, question).to_wire()
        case AskBatch(questions):
            with interruptible():
                return AnswerBatch(evaluate_batch(shell.user_ns, questions)).to_wire()
    raise wire.WireError("not a request with a reply")


def reply_of(ran: CellRun) -> dict[str, object]:
    """The reply about a cell that has run."""
    shown = json.dumps({"outputs": ran.outputs, "updates": ran.updates, "displays": ran.displays})
    return CellResult(shown.encode(), ran.count).to_wire()


def fork(pipe: socket.socket) -> socket.socket:
    """Receive a descriptor on `pipe` and fork → the pipe to serve: the same one here, the received one in the copy.

    The copy sends Copied on its pipe. If the fork fails, that pipe is closed, and nothing else happens.
    Raises OSError, EOFError.
    """
    data, descriptors, _, _ = socket.recv_fds(pipe, 1, 1)
    if not data:
        raise EOFError
    own = socket.socket(fileno=descriptors[0])
    threads = thread_count() - 1  # only the thread that forks is copied
    try:
        is_copy = os.fork() == 0
    except OSError:  # the limit on processes
        is_copy = False
    if not is_copy:
        own.close()
        return pipe
    pipe.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # outside of answers, also if the student has set a handler
    wire.send(own, Copied(threads).to_wire())
    return own


def thread_count() -> int:
    """The threads of this process, also those that are not Python's."""
    return len(os.listdir("/proc/self/task"))
