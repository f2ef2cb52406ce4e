"""The student's process itself, from the fork to serving its pipe."""

from __future__ import annotations

import gc
import random
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy
import torch

from grader import wire
from grader.sandbox.isolation import confine
from grader.sandbox.isolation.confine import Confinement
from grader.sandbox.runtime.messages import READY, WriteFiles
from grader.sandbox.runtime.serve import serve
from grader.sandbox.runtime.shell import Shell, after_fork


def run_child(
    shell: Shell,
    pipe: int,
    home: str,
    environment: Mapping[str, str],
    confinement: Confinement,
    renamed: Mapping[str, str],
) -> None:
    """Drop privileges, write the student's files, lock down, and serve `pipe` until the host closes its end.

    home: the student's directory. renamed: path of a file, as cells that ran before the fork have seen it → its path
    for this process. Raises OSError if a wall cannot be built, and WireError.
    """
    confine.drop_privileges(pipe, home, {**environment, **directories(home)}, confinement)
    channel = socket.socket(fileno=pipe)
    for name, content in WriteFiles.from_wire(wire.receive(channel)).files:
        path = Path(home) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    after_fork(shell)
    confine.lock_down(home, confinement)
    gc.enable()
    if shell.ran:
        random.setstate(shell.random_state)  # a fork seeds this one anew, NumPy's and torch's not
        _rename(shell.user_ns, renamed)
    else:
        seed()
    tempfile.tempdir = None  # cached before the fork; now it follows TMPDIR
    sys.path.insert(0, home)
    wire.send(channel, READY)
    serve(shell, channel)


def directories(home: str) -> dict[str, str]:
    """The environment variables that name the student's directory."""
    return {"HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home, "IPYTHONDIR": home}


def seed() -> None:
    """Seed the global generators of random numbers, before the first cell."""
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)


def _rename(names: dict[str, object], renamed: Mapping[str, str]) -> None:
    """Give variables that hold the path of a file its path for this process."""
    names.update({name: renamed[value] for name, value in names.items() if type(value) is str and value in renamed})
