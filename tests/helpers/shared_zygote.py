"""Fork servers for tests, forked from one zygote for all tests of this process: it imports the libraries once."""

from __future__ import annotations

from collections.abc import Collection

from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.processes.zygote import Zygote, student_zygote

ZYGOTE = student_zygote()  # closed at the end of the tests


def connect() -> Zygote:
    """A client of the shared one: closing it ends nothing else."""
    if not ZYGOTE.connection:
        ZYGOTE.start()
    assert ZYGOTE.connection
    return student_zygote(connection=ZYGOTE.connection.dup())


def fork_server(bounds: Bounds = Bounds(), without: Collection[str] = ()) -> ForkServer:  # noqa: B008
    """A fork server, started on first use. without: see `ForkServer`."""
    return ForkServer(bounds, without=without, zygote=connect())
