"""Fork a student's process per request. Itself forked, from `preload`, for one host.

Two forks a request: a supervisor, which lives as long as the student's process and ends all that it leaves behind, and
the student's process itself. Closing a request's control socket is the order to end it; closing the server's is the
order to end everything.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch

from grader import wire
from grader.sandbox.isolation import cgroup, confine, files, privileges
from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.isolation.probe import probe
from grader.sandbox.isolation.syscalls import PR_SET_CHILD_SUBREAPER, prctl
from grader.sandbox.processes.supervisor import Plan, send, supervise
from grader.sandbox.runtime.serve import serve
from grader.sandbox.runtime.shell import Shell, after_fork


def run(configuration: bytes, descriptor: int, shell: Shell) -> None:
    """Say which walls there are and serve requests until the host closes its end. configuration: see `plan_of`."""
    control = socket.socket(fileno=descriptor)
    plan = plan_of(json.loads(configuration))
    shell.output_limit = plan.bounds.output_bytes
    walls = dataclasses.asdict(plan.walls) | {"standing": sorted(plan.walls.standing)}
    try:
        control.send(json.dumps({"pid": os.getpid(), "walls": walls}).encode())
    except BrokenPipeError:  # whoever asked has ended meanwhile
        return
    if not plan.walls.essential_missing:
        with tempfile.TemporaryDirectory(prefix="students-", ignore_cleanup_errors=True) as directory:
            os.chmod(directory, 0o711)  # a student's user enters its own directory below
            Server(control, shell, plan, directory).serve()


def plan_of(configuration: dict[str, Any]) -> Plan:
    """What every student's process gets. `configuration`: `bounds`, `without` (names of walls), `gpu`."""
    bounds = Bounds(**configuration["bounds"])
    walls = probe(frozenset(configuration["without"]))
    uid = privileges.unused_uid()
    gpu = configuration["gpu"]
    read = [*files.readable(), *(files.GPU_FILES if gpu else ())]
    return Plan(
        walls,
        bounds,
        cgroup.parent() if "rlimits" in walls.standing else None,
        read,
        closed=uid is not None and bool(files.closed_to(uid, read)),
        devices=files.gpu_devices() if gpu else (),
    )


class Server:
    """Forks a supervisor a request and knows which are alive."""

    def __init__(self, control: socket.socket, shell: Shell, plan: Plan, directory: str) -> None:
        """directory: where students' files may lie."""
        self._control, self._shell, self._plan, self._directory = control, shell, plan, directory
        self._supervisors: dict[int, int] = {}  # pidfd → pid
        self._alive = os.pipe()  # its end tells the supervisors of ours, whatever we die of

    def serve(self) -> None:
        """Until the host closes its end; then wait for the supervisors."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        prctl(PR_SET_CHILD_SUBREAPER, 1)  # a supervisor that is killed leaves its orphans to us
        host = self._control.fileno()
        while True:
            ready = select.select([host, *self._supervisors], [], [])[0]
            self._forget([descriptor for descriptor in ready if descriptor != host])
            if host in ready:
                request, descriptors, _, _ = socket.recv_fds(self._control, 1 << 20, 2)
                if not request:
                    break
                self._fork(json.loads(request), *descriptors)
        os.close(self._alive[1])
        while self._supervisors:
            self._forget(select.select([*self._supervisors], [], [])[0])

    def _fork(self, request: dict[str, Any], pipe: int, control: int) -> None:
        supervisor = os.fork()
        if supervisor == 0:
            try:
                os.close(self._alive[1])
                descriptors = pipe, control, self._alive[0]
                supervise(self._plan, self._directory, request["read"], descriptors, self._student(request))
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        self._supervisors[os.pidfd_open(supervisor)] = supervisor
        os.close(pipe)
        os.close(control)

    def _student(self, request: dict[str, Any]) -> Callable[[str, int, confine.Confinement], None]:
        return lambda box, pipe, how: become_student(self._shell, box, pipe, request["environment"], how)

    def _forget(self, ended: list[int]) -> None:
        for descriptor in ended:
            del self._supervisors[descriptor]
            os.close(descriptor)
        if ended:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                orphans = {int(pid) for pid in file.read().split()} - set(self._supervisors.values())
            send(signal.SIGKILL, orphans)


def become_student(shell: Shell, box: str, pipe: int, environment: dict[str, str], how: confine.Confinement) -> None:
    """Bring in the student's files, shut this process in, and serve the pipe until the host closes it."""
    own = {"HOME": box, "TMPDIR": box, "MPLCONFIGDIR": box, "IPYTHONDIR": box}
    confine.give_up(pipe, box, {**environment, **own}, how)
    channel = socket.socket(fileno=pipe)
    for name, content in wire.receive(channel)["files"]:
        path = Path(box) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    after_fork(shell)
    confine.shut_in(box, how)
    gc.enable()
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)
    tempfile.tempdir = None  # found anew, from TMPDIR
    sys.path.insert(0, box)
    wire.send(channel, {"ready": True})
    serve(shell, channel)
