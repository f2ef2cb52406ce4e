"""Preload once, then fork a student's process per request. Started by `host`: `python -m … DESCRIPTOR CONFIGURATION`.

Two forks a request: a supervisor, which lives as long as the student's process and ends all that it leaves behind, and
the student's process itself. Closing a request's control socket is the order to end it; closing the server's is the
order to end everything.
"""

from __future__ import annotations

import asyncio  # noqa: F401 - preloaded for students' cells, as are the next ones
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

import matplotlib.backends.backend_agg
import matplotlib.pyplot  # noqa: F401
import numpy
import sklearn.datasets
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.preprocessing  # noqa: F401
import torch
import torchvision.datasets
import torchvision.transforms  # noqa: F401

from grader import wire
from grader.sandbox import cgroup, confine, files, privileges
from grader.sandbox.bounds import Bounds
from grader.sandbox.probe import probe
from grader.sandbox.serve import serve
from grader.sandbox.shell import Shell, after_fork, make_shell, rehearse
from grader.sandbox.supervisor import Plan, send, supervise
from grader.sandbox.syscalls import PR_SET_CHILD_SUBREAPER, prctl

# What the first use of these loads, every student would pay for: fake tensors cost 1 s, the optimiser 0.1 s.
WARM_UP = """
import torch, torch.nn as nn, torch.nn.functional as F
model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
loss = nn.CrossEntropyLoss(weight=torch.ones(3))(model(torch.zeros(2, 3, 8, 8)), torch.tensor([0, 2]))
loss.backward(); optimizer.step(); scheduler.step()
from torch._subclasses.fake_tensor import FakeTensorMode
with FakeTensorMode(allow_non_fake_inputs=True):
    x = torch.empty(2, 3, device="cuda"); y = torch.empty(2, dtype=torch.int64, device="cuda")
    F.softmax(x, dim=1); x.exp() / x.exp().sum(dim=1, keepdim=True); x - x.max(dim=1, keepdim=True).values
    F.cross_entropy(x, y, weight=torch.ones(3).to("cuda")); x.logsumexp(dim=1); x.gather(1, y[:, None]).mean()
"""


def preload(output_bytes: int, gpu: bool) -> Shell:
    """A shell that has seen everything once. Raises RuntimeError where that started a thread.

    gpu: students may use it. CUDA does not survive a fork, and a gradient or a fake tensor would touch it: each student
    pays for those then.
    """
    torch.set_num_threads(1)
    shell = make_shell(output_bytes)
    if not gpu:
        shell.run(WARM_UP)
    rehearse(shell)
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise RuntimeError(f"{threads} threads before the fork, and only one would be there after it")
    gc.collect()
    gc.freeze()
    gc.disable()
    return shell


def main() -> None:
    """Serve requests until the host closes its end."""
    control = socket.socket(fileno=int(sys.argv[1]))
    configuration = json.loads(sys.argv[2])
    plan = plan_of(configuration)
    refused = plan.walls.essential_missing
    if not refused:
        shell = preload(plan.bounds.output_bytes, configuration["gpu"])
    try:
        control.send(json.dumps(dataclasses.asdict(plan.walls) | {"standing": sorted(plan.walls.standing)}).encode())
    except BrokenPipeError:  # whoever started it has ended meanwhile
        os._exit(0)
    if not refused:
        Server(control, shell, plan).serve()
    os._exit(0)


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

    def __init__(self, control: socket.socket, shell: Shell, plan: Plan) -> None:
        self._control, self._shell, self._plan = control, shell, plan
        self._supervisors: dict[int, int] = {}  # pidfd → pid
        self._alive = os.pipe()  # its end tells the supervisors of ours, whatever we die of

    def serve(self) -> None:
        """Until the host closes its end; then wait for the supervisors."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal is the host's to handle
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
                supervise(self._plan, request["directory"], request["read"], descriptors, self._student(request))
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


if __name__ == "__main__":
    main()
