"""Messages between `client`, in the grader's process, and fork servers and supervisors. Both ends use these classes.

What is sent over a student's pipe: `grader.sandbox.runtime.messages`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from grader.sandbox.isolation.bounds import Bounds, Walls

INTERRUPT = b"interrupt"  # to a supervisor: send SIGINT to the student's process
STUDENT_READY = {"ready": True}  # a student's process waits for its first cell or question


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

    environment: all environment variables, except those that name its directory. readable: paths of the host that it
    may read, in addition to the plan's.
    """

    environment: Mapping[str, str]
    readable: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """For `from_json` at the other end."""
        return json.dumps({"environment": dict(self.environment), "readable": self.readable}).encode()

    @classmethod
    def from_json(cls, data: bytes) -> StartRequest:
        """Inverse of `to_json`."""
        fields = json.loads(data)
        return cls(fields["environment"], tuple(fields["readable"]))
