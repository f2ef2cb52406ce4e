"""Targets of the attacks (files with secrets, processes, listening sockets), and how to see whether one was reached."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.processes.client import ForkServer
from grader.student.channel import PipeChannel

CHECKS = PROJECT / "grader" / "assignments" / "loss_functions" / "checks" / "softmax.py"
CHECKS_LINE = max((line for line in CHECKS.read_text().splitlines() if "assert" in line), key=len).strip()
WORLD_WRITABLE = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue")
Listener = tuple[str, socket.socket]


class World:
    """The targets of one run. `effects` restores what an attack has changed; `close` removes everything."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)
        self.root = Path(tempfile.mkdtemp(prefix=f"world-{self.mark}-", dir="/tmp"))
        self.root.chmod(0o755)
        self.secrets = {
            name: f"{name}-{secrets.token_hex(12)}" for name in ("home", "course", "other", "env", "memory")
        }
        self._in_memory = self.secrets["memory"].encode() * 1000
        os.environ["INSTRUCTORS_TOKEN"] = self.secrets["env"]
        os.environ["OPEN"] = str(self.root / "open")
        self._plant()
        self._temporary = self.root / "tmp"
        self._temporary.mkdir(mode=0o1777)
        self._temporary.chmod(0o1777)
        os.environ["TMPDIR"] = tempfile.tempdir = str(self._temporary)
        self.listeners = list(self._listen())
        self._start_victim()

    def _plant(self) -> None:
        files = {
            "home/.ssh/id_ed25519": self.secrets["home"],
            "home/notes.txt": self.secrets["home"],
            "course/gradebook.db": self.secrets["course"],
            "course/source/loss_functions/losses.ipynb": self.secrets["course"],
            "course/submitted/other/loss_functions/losses.ipynb": self.secrets["other"],
            "open/anyone.txt": "everyone may write this",
        }
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o666 if name.startswith("open") else 0o644)
        (self.root / "open").chmod(0o777)
        self._files = self._snapshot()

    def _snapshot(self) -> dict[str, Any]:
        """Mode, owner, time, attributes and content of each file."""
        found = {}
        for folder in ("home", "course", "open"):
            for path in [self.root / folder, *(self.root / folder).rglob("*")]:
                status = path.lstat()
                content, attributes = None, ()
                with contextlib.suppress(PermissionError):  # the attack has changed its mode
                    content = path.read_bytes() if path.is_file() else None
                    attributes = tuple(os.listxattr(path)) if path.is_file() else ()
                found[str(path)] = status.st_mode, status.st_uid, status.st_mtime_ns, attributes, content
        return found

    def _listen(self) -> Iterator[Listener]:
        for name, family, kind, address in (
            ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            ("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(self.root / "stream")),
            ("datagrams", socket.AF_UNIX, socket.SOCK_DGRAM, str(self.root / "datagrams")),
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0stream-{self.mark}"),
            ("abstract_datagrams", socket.AF_UNIX, socket.SOCK_DGRAM, f"\0datagrams-{self.mark}"),
        ):
            listener = socket.socket(family, kind)
            listener.bind(address)
            listener.setblocking(False)
            if isinstance(address, str) and not address.startswith("\0"):
                os.chmod(address, 0o777)
            if kind == socket.SOCK_STREAM:
                listener.listen()
            yield name, listener

    def _start_victim(self) -> None:
        """Start a process of the grader's own user."""
        self.victim = subprocess.Popen(["sleep", "1000"])
        self._victims_state = self._state_of_victim()

    def _state_of_victim(self) -> tuple[Any, ...]:
        """What signals, ptrace and scheduler calls could change; empty if it has ended."""
        try:
            stat = Path(f"/proc/{self.victim.pid}/stat").read_text().rpartition(")")[2].split()
            limits = Path(f"/proc/{self.victim.pid}/limits").read_text()
            status = Path(f"/proc/{self.victim.pid}/status").read_text()
        except OSError:
            return ()
        kept = [line for line in status.splitlines() if line.startswith(("TracerPid", "Cpus_allowed:"))]
        return stat[0] in "TtZX", stat[15], stat[16], stat[37:39], limits, kept

    def variables(self, pids: Mapping[str, int]) -> dict[str, str]:
        """The environment variable that tells an attack where its targets are. pids: other processes, by name."""
        own = {"grader": os.getpid(), "victim": self.victim.pid}
        places = {"root": str(self.root), "mark": self.mark, "checks": str(CHECKS), "pids": own | dict(pids)}
        places |= {"port": dict(self.listeners)["tcp"].getsockname()[1], "user": os.getuid()}
        places |= {"udp": dict(self.listeners)["udp"].getsockname()[1]}
        return {"WORLD": json.dumps(places)}

    def contains_secret(self, text: str) -> bool:
        """Whether the text contains a secret, or a line of the checks."""
        return any(secret in text for secret in (*self.secrets.values(), CHECKS_LINE))

    def effects(self) -> set[str]:
        """The effects since the last call: "reached", "changed". Restores the targets."""
        found = set()
        for _, listener in self.listeners:
            with contextlib.suppress(BlockingIOError):
                while True:  # empty the queue, so that the next attack is not blamed
                    if listener.type == socket.SOCK_STREAM:
                        listener.accept()[0].close()
                    else:
                        listener.recv(1000)
                    found.add("reached")
        if self._state_of_victim() != self._victims_state:
            found.add("reached")
            self._end_victim()
            self._start_victim()
        for place in (*WORLD_WRITABLE, self.root / "tmp"):
            for path in Path(place).glob(f"strewn-{self.mark}*"):
                found.add("changed")
                subprocess.run(["rm", "-r", path], check=True)
        if self._snapshot() != self._files:
            found.add("changed")
            for folder in ("home", "course", "open"):
                subprocess.run(["chmod", "-R", "u+rwx", self.root / folder], check=False)
                shutil.rmtree(self.root / folder)
            self._plant()
        return found

    def _end_victim(self) -> None:
        self.victim.send_signal(signal.SIGKILL)
        self.victim.wait()

    def close(self) -> None:
        """Remove files, sockets, variables and the victim process."""
        self._end_victim()
        for _, listener in self.listeners:
            listener.close()
        tempfile.tempdir = None
        for name in ("TMPDIR", "OPEN", "INSTRUCTORS_TOKEN"):
            os.environ.pop(name)
        shutil.rmtree(self.root, ignore_errors=True)


class Neighbour:
    """Another student's process, alive on the same fork server during an attack."""

    def __init__(self, server: ForkServer, secret: str, limits: Any) -> None:
        self._secret = secret
        server.walls()  # start the server
        before = set(descendants(server.pid))
        self.process = server.start([("mine.txt", secret.encode())], {})
        new = set(descendants(server.pid)) - before
        self.pid = max(pid for pid in new if "grader.sandbox" in command_line(pid))
        self._channel = PipeChannel(self.process, limits)
        self.start = self._ask("mine = open('mine.txt').read()")

    def unharmed(self) -> bool:
        """Whether it still answers and its file is unchanged."""
        return self._ask("print(mine, open('mine.txt').read())") == f"{self._secret} {self._secret}"

    def _ask(self, source: str) -> str:
        try:
            reply, _ = self._channel.run(source)
        except Exception:
            return ""
        return "".join(output.get("text", "") for output in json.loads(reply["shown"])["outputs"]).strip()


def command_line(pid: int) -> str:
    """The command line, joined by spaces; "" if the process has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def descendants(root: int) -> list[int]:
    """Process ids of children, their children, and so on."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError):  # the process has ended
            for thread in os.listdir(f"/proc/{pid}/task"):
                children = [int(child) for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split()]
                found += children
                waiting += children
    return found


def marked(mark: str) -> set[int]:
    """Processes with the mark in their environment or command line."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                if mark.encode() in (path / name).read_bytes():
                    found.add(int(path.name))
    return found
