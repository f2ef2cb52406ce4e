"""Messages between `client`, in the grader's process, and fork servers and supervisors. Both ends use these classes.

What is sent over a student's pipe: `grader.sandbox.runtime.messages`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from grader.sandbox.isolation.bounds import Bounds, Walls

# Orders to a supervisor. INTERRUPT: send SIGINT to the student's process; INTERRUPT_COPIES: to all that it started too.
# STOP: kill the process, but nothing that it started; the reply is STOPPED and the exceeded bound, or NO_BOUND.
INTERRUPT, INTERRUPT_COPIES, STOP = b"interrupt", b"interrupt copies", b"stop"
STOPPED = b"stopped "
CPU_SINCE = b"cpu since"  # first words of a `CpuTime`; no report of an exceeded bound starts with them


@dataclass(frozen=True)
class ServerConfiguration:
    """What a fork server is started with. without: walls that are switched off. gpu: students may use the GPU."""

    bounds: Bounds
    without: tuple[str, ...] = ()
    gpu: bool = False

    def to_json(self) -> bytes:
        """For `from_json` at the other end."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> ServerConfiguration:
        """Inverse of `to_json`."""
        fields = json.loads(data)
        return cls(Bounds(**fields["bounds"]), tuple(fields["without"]), fields["gpu"])


@dataclass(frozen=True)
class ServerReady:
    """A fork server's first message. pid: in the host's namespace. walls: those around each student's process."""

    pid: int
    walls: Walls

    def to_json(self) -> bytes:
        """For `from_json` at the other end."""
        walls = asdict(self.walls) | {"standing": sorted(self.walls.standing)}
        return json.dumps({"pid": self.pid, "walls": walls}).encode()

    @classmethod
    def from_json(cls, data: bytes) -> ServerReady:
        """Inverse of `to_json`."""
        fields = json.loads(data)
        return cls(fields["pid"], Walls(**fields["walls"]))


@dataclass(frozen=True)
class StartRequest:
    """Ask a fork server for a student's process. The descriptors of its pipe and its control socket come with it.

    environment: all environment variables, except those that name its directory and files. files: environment variable
    → path on the host of a file that it may read. forks: how many copies of it will be made, beyond the bound on
    processes. prefix: sources of the cells that it will run first, if they are the release's: see `prefix`.
    """

    environment: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    forks: int = 0
    prefix: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """For `from_json` at the other end."""
        return json.dumps([dict(self.environment), dict(self.files), self.forks, self.prefix]).encode()

    @classmethod
    def from_json(cls, data: bytes) -> StartRequest:
        """Inverse of `to_json`."""
        environment, files, forks, prefix = json.loads(data)
        return cls(environment, files, forks, tuple(prefix))


@dataclass(frozen=True)
class CpuTime:
    """Ask a supervisor for the CPU time of the student's processes, and its reply.

    begin: since when, a `time.monotonic()` value, which also tells replies apart. seconds: None in the request.
    """

    begin: float
    seconds: float | None = None

    def to_bytes(self) -> bytes:
        """For `from_bytes` at the other end."""
        return CPU_SINCE + json.dumps([self.begin, self.seconds]).encode()

    @classmethod
    def from_bytes(cls, message: bytes) -> CpuTime | None:
        """Inverse of `to_bytes`; None for any other message."""
        return cls(*json.loads(message.removeprefix(CPU_SINCE))) if message.startswith(CPU_SINCE) else None
