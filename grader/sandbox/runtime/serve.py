"""A student's process at work: the two verbs, until the pipe closes."""

from __future__ import annotations

import json
import socket
from typing import Any

from grader import wire
from grader.sandbox.runtime.answer import answer, answers
from grader.sandbox.runtime.shell import Ran, Shell, interruptible


def serve(shell: Shell, channel: socket.socket) -> None:
    """The two verbs, until the pipe closes."""
    while True:
        try:
            message = wire.receive(channel)
            reply = reply_to(shell, message)
            try:
                wire.send(channel, reply)
            except wire.WireError as error:
                wire.send(channel, {"raised": {"name": "ValueError", "message": str(error), "line": ""}})
        except KeyboardInterrupt:
            wire.send(channel, {"raised": {"name": "KeyboardInterrupt", "message": "", "line": ""}})
        except EOFError:
            return


def reply_to(shell: Shell, message: dict[str, Any]) -> dict[str, Any]:
    """What a cell showed, the answer to a question, or the answers to many."""
    if "ask" in message:
        with interruptible():
            return answer(shell.user_ns, message["ask"])
    if "ask_all" in message:
        with interruptible():
            return {"answers": answers(shell.user_ns, message["ask_all"])}
    ran: Ran = shell.run(message["run"])
    shown = json.dumps({"outputs": ran.outputs, "updates": ran.updates, "displays": ran.displays})
    return {"shown": shown.encode(), "ok": ran.ok, "count": ran.count}
