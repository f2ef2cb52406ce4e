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


def run_child(shell: Shell, pipe: int, home: str, environment: Mapping[str, str], confinement: Confinement) -> None:
    """Drop privileges, write the student's files, lock down, and serve `pipe` until the host closes its end.

    home: the student's directory. Raises OSError if a wall cannot be built, and WireError.
    """
    directories = {"HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home, "IPYTHONDIR": home}
    confine.drop_privileges(pipe, home, {**environment, **directories}, confinement)
    channel = socket.socket(fileno=pipe)
    for name, content in WriteFiles.from_wire(wire.receive(channel)).files:
        path = Path(home) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    after_fork(shell)
    confine.lock_down(home, confinement)
    gc.enable()
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)
    tempfile.tempdir = None  # cached before the fork; now it follows TMPDIR
    sys.path.insert(0, home)
    wire.send(channel, READY)
    serve(shell, channel)
