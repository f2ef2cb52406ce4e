"""A running JupyterLab: the teacher's desk, or a student's own, each in a process of its own."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tornado.websocket import websocket_connect

ADDRESS = re.compile(r"http://(127\.0\.0\.1:\d+)/(formgrader|lab)\?token=([0-9a-f]{32,48})$")


class Desk:
    """A server, as a browser sees it."""

    def __init__(self, host: str, token: str) -> None:
        self.host, self.token = host, token

    def address(self, path: str) -> str:
        """Where a browser opens a page."""
        return f"http://{self.host}{path}?token={self.token}"

    def ask(self, path: str, method: str = "GET") -> str:
        """The body of an answer with status 200."""
        with closing(http.client.HTTPConnection(self.host, timeout=120)) as connection:
            connection.request(method, path, headers={"Authorization": f"token {self.token}"})
            answer = connection.getresponse()
            assert answer.status == 200, (path, answer.status)
            return answer.read().decode()

    def open(self, notebook: str) -> None:
        """What JupyterLab asks when a notebook is opened: start its kernel. Returns when that answers."""
        about = {"path": notebook, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(self.host, timeout=120)) as connection:
            connection.request("POST", "/api/sessions", json.dumps(about), headers)
            kernel = json.loads(connection.getresponse().read())["kernel"]["id"]
        channels = f"ws://{self.host}/api/kernels/{kernel}/channels?token={self.token}"

        async def complete() -> None:
            socket = await websocket_connect(channels)
            header = {"msg_id": "1", "msg_type": "complete_request", "session": "s", "username": "", "version": "5.3"}
            content = {"code": "import o", "cursor_pos": 8}
            message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
            await socket.write_message(json.dumps(message))
            while True:
                reply = await socket.read_message()
                if isinstance(reply, str) and json.loads(reply)["msg_type"] == "complete_reply":
                    break
            socket.close()
            while await socket.read_message() is not None:
                pass

        asyncio.run(asyncio.wait_for(complete(), 60))

    def api(self, path: str, method: str = "GET") -> Any:
        """What formgrader's page asks its server."""
        return json.loads(self.ask(f"/formgrader/api/{path}", method))


@contextmanager
def teachers_desk(root: Path) -> Iterator[Desk]:
    """`make desk` on a course."""
    with running([sys.executable, "-m", "grader", "desk", "--course", str(root)], root, "formgrader") as desk:
        yield desk


@contextmanager
def students_desk(folder: Path) -> Iterator[Desk]:
    """JupyterLab on a student's folder, without any configuration."""
    options = ["no_browser=True", "allow_root=True", f"root_dir={folder}", "ip=127.0.0.1", "answer_yes=True"]
    command = [sys.executable, "-m", "jupyterlab", "--log-level=WARN", *(f"--ServerApp.{each}" for each in options)]
    with running(command, folder, "lab") as desk:
        yield desk


@contextmanager
def running(command: list[str], root: Path, page: str) -> Iterator[Desk]:
    """A command that prints the address of this page, in its folder; Ctrl-C ends it with status 0."""
    own = {f"JUPYTER_{kind}_DIR": str(root / "jupyter" / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    with subprocess.Popen(
        command,
        cwd=root,
        env=os.environ | own | {"PATH": os.defpath},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout
            matches = (ADDRESS.search(line) for line in process.stdout)
            found = next((match for match in matches if match and match[2] == page), None)
            assert found, "it ended without an address"
            threading.Thread(target=process.stdout.read, daemon=True).start()  # a full pipe would stop the server
            yield Desk(found[1], found[3])
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=120) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
