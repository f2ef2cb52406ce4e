"""`make desk`: JupyterLab with formgrader on a course that has only been cloned, and on the sample class."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.websocket import websocket_connect

from grader.checking.assignment import find
from grader.cli import sample
from grader.cli.desk import desk_command
from grader.cli.main import main
from grader.nbgrader_plugin.course import PROJECT, Course
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, fresh_course, hand_in

RELEASED = {"losses.ipynb", "README.md", "requirements.txt"}
ADDRESS = re.compile(r"http://(127\.0\.0\.1:\d+)/formgrader\?token=([0-9a-f]{32})$")


class Desk:
    """A running desk, as a browser sees it."""

    def __init__(self, host: str, token: str) -> None:
        self.host, self.token = host, token

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
def running(root: Path) -> Iterator[Desk]:
    """The command in a process of its own; Ctrl-C ends it with status 0."""
    own = {f"JUPYTER_{kind}_DIR": str(root / "jupyter" / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "grader", "desk", "--course", str(root)]
    environment = os.environ | own | {"PATH": os.defpath}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout
            found = next((match for line in process.stdout if (match := ADDRESS.search(line))), None)
            assert found, "it ended without an address"
            yield Desk(found[1], found[2])
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=120) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_formgrader_of_a_fresh_course(tmp_path: Path) -> None:
    """The assignment is there, one button releases it with all that students get, and another one grades."""
    course = fresh_course(tmp_path)
    hand_in(course, "abe", LOSSES)
    with running(tmp_path) as desk:
        (assignment,) = desk.api("assignments")
        assert (assignment["name"], assignment["max_score"], assignment["num_submissions"]) == (ASSIGNMENT, 7, 1)
        shutil.rmtree(course.folder("release"))
        assert desk.api(f"assignment/{ASSIGNMENT}/assign", "POST")["success"]
        assert {path.name for path in course.folder("release").iterdir()} == RELEASED
        assert desk.api(f"submission/{ASSIGNMENT}/abe/autograde", "POST")["success"]
        (graded,) = [one for one in desk.api(f"submissions/{ASSIGNMENT}") if one["student"] == "abe"]
        assert (graded["score"], graded["autograded"]) == (7, True)
        assert "Manage Assignments" in desk.ask("/formgrader/manage_assignments")
        assert "@jupyter/nbgrader" in desk.ask("/lab"), "nbgrader's menu"


def test_the_sample_class(tmp_path: Path) -> None:
    """It has a configuration of its own, so that nbgrader's commands there grade with this package."""
    assignment = find(ASSIGNMENT)
    assert assignment
    course = sample.course_in(tmp_path / "build" / "sample", ASSIGNMENT)
    sample.build(course, {"abe": sample.sample_class(assignment)["abe"]})
    with running(course.root) as desk:
        (found,) = desk.api("assignments")
        assert (found["max_score"], found["num_submissions"]) == (24, 1)


def test_a_folder_without_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """nbgrader would grade there with its own code."""
    assert main(["desk", "--course", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "nbgrader_config.py" in line
    assert "make grade" in line


def test_the_command_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    assert desk_command(Course(PROJECT, ASSIGNMENT)) == "make desk"
    assert desk_command(Course(PROJECT / "build" / "sample", ASSIGNMENT)) == "make desk COURSE=build/sample"
    monkeypatch.chdir(tmp_path)
    assert desk_command(Course(tmp_path, ASSIGNMENT)) == "python -m grader desk --course ."


def test_opening_a_students_notebook_runs_no_file_of_theirs(tmp_path: Path) -> None:
    """A kernel starts in the notebook's folder; a completion, which JupyterLab asks for at Tab, imports more."""
    seen = tmp_path / "seen"
    spy = f"open({str(seen)!r}, 'a').write(__name__ + ' ')\nraise ImportError\n"
    folder = hand_in(fresh_course(tmp_path), "eve", LOSSES)
    for name in ("ipykernel_launcher.py", "ipykernel_launcher/__init__.py", "parso.py", "jedi.py", "difflib.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(spy)
    with running(tmp_path) as desk:
        assert desk.api(f"submission/{ASSIGNMENT}/eve/autograde", "POST")["success"]
        for step in ("submitted", "autograded"):
            desk.open(f"{step}/eve/{ASSIGNMENT}/losses.ipynb")
    assert not seen.exists(), seen.read_text()
    graded = tmp_path / "autograded" / "eve" / ASSIGNMENT
    assert not [path for path in graded.rglob("*") if path.suffix == ".py"], "nor would any other Jupyter run them"
    assert (graded / "parso.py.txt").read_text() == spy
