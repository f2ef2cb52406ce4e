"""`python -m grader desk`: JupyterLab on a course folder, with formgrader, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from rich.console import Console

from grader.cli.console import say
from grader.cli.names import mend_names
from grader.errors import UserError
from grader.nbgrader_plugin.course import CONFIG_FILE, Course

PORTS = range(8888, 8988)
POLL_SECONDS = 0.2
STOP_SECONDS = 15.0
# A kernel that imports nothing from the folder of its notebook. Jupyter's own would run a student's file as soon as the
# student's notebook is opened: `python -m ipykernel_launcher` looks in the working folder first, and so does IPython.
KERNELS = Path(__file__).parent / "desk_kernels"


def open_desk(course: Course, console: Console) -> int:
    """Run JupyterLab in the course's folder and print its address. → its exit status. Raises UserError.

    nbgrader reads the configuration of the folder in which it is started: without one it would grade with its own code.
    """
    if not (course.root / CONFIG_FILE).is_file():
        raise UserError(f"There is no {CONFIG_FILE} in {course.root}: run `make grade`, or copy the project's there.")
    if course.needs_release():
        with console.status("Building the release …"):
            course.build_release()
    for line in mend_names(course):
        say(console, line)
    port, token = _free_port(), secrets.token_hex(16)
    address = f"http://127.0.0.1:{port}"
    server = _start(course.root, port, token)
    try:
        with console.status("Starting JupyterLab …"):
            while not _answers(address):
                if server.poll() is not None:
                    raise UserError(f"JupyterLab ended with status {server.returncode}; its messages are above.")
                time.sleep(POLL_SECONDS)
        say(console, f" formgrader  {address}/formgrader?token={token}")
        say(console, f" JupyterLab  {address}/lab?token={token}")
        say(console, "Ctrl-C ends it.")
        return server.wait()
    except KeyboardInterrupt:  # the server got it, too, and ends its kernels
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
        return 0
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
        server.kill()


def desk_command(course: Course) -> str:
    """What to type here to open the course's desk."""
    folder = os.path.relpath(course.root)
    if not Path("Makefile").is_file():
        return f"python -m grader desk --course {folder}"
    return f"make desk COURSE={folder}" if folder != "." else "make desk"


def _start(root: Path, port: int, token: str) -> subprocess.Popen[bytes]:
    """Start the server; the token is not on the command line, which other users can read."""
    has_screen = platform.system() == "Darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    options = {"root_dir": root, "port": port, "port_retries": 0, "open_browser": has_screen, "answer_yes": True}
    if os.geteuid() == 0:
        options["allow_root"] = True
    arguments = [f"--ServerApp.{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "jupyterlab", "--log-level=WARN", *arguments]
    paths = os.pathsep.join([str(KERNELS), *filter(None, [os.environ.get("JUPYTER_PATH")])])
    variables = {"JUPYTER_TOKEN": token, "JUPYTER_PATH": paths}
    return subprocess.Popen(command, cwd=root, env=os.environ | variables)


def _free_port() -> int:
    """The first port that nothing listens on. Raises UserError."""
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise UserError(f"All ports from {PORTS[0]} to {PORTS[-1]} are in use.")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api", timeout=1):
            return True
    except OSError:
        return False
