"""Preload once, then fork a student's process per request. Started by `host`: `python -m … DESCRIPTOR OUTPUT_BYTES`.

Two forks a request: a supervisor, which lives as long as the student's process and ends all that it leaves behind, and
the student's process itself. Closing a request's control socket is the order to end it; closing the server's is the
order to end everything.
"""

from __future__ import annotations

import asyncio  # noqa: F401 - preloaded for students' cells, as are the next ones
import gc
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
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
from grader.sandbox.confine import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, confine, keep_only, prctl
from grader.sandbox.serve import serve
from grader.sandbox.shell import Shell, after_fork, make_shell, rehearse

INTERRUPT = b"interrupt"
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


def preload(output_bytes: int) -> Shell:
    """A shell that has seen everything once. Raises RuntimeError where that started a thread."""
    torch.set_num_threads(1)
    shell = make_shell(output_bytes)
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
    shell = preload(int(sys.argv[2]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal is the host's to handle
    control.send(b"ready")
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 2)
        if not request:
            return
        if os.fork() == 0:
            try:
                supervise(shell, json.loads(request), *descriptors)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def supervise(shell: Shell, request: dict[str, Any], pipe: int, control_descriptor: int) -> None:
    """Fork the student's process; when it ends, or the host closes the control socket, end what is left of it."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # what the student's process leaves behind becomes ours
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    keep_only({1, 2, pipe, control_descriptor})
    box = Path(tempfile.mkdtemp(dir=request["directory"]))
    child = os.fork()
    if child == 0:
        try:
            os.close(control_descriptor)
            become_student(shell, pipe, box, request["environment"])
        finally:
            os._exit(0)
    os.close(pipe)
    control = socket.socket(fileno=control_descriptor)
    handle = os.pidfd_open(child)
    while handle not in select.select([control_descriptor, handle], [], [])[0] and control.recv(64) == INTERRUPT:
        signal.pidfd_send_signal(handle, signal.SIGINT)
    end_children()
    shutil.rmtree(box, ignore_errors=True)


def end_children() -> None:
    """SIGKILL until nothing is left; orphans of what was killed come to us, the subreaper."""
    while True:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                for pid in file.read().split():
                    os.kill(int(pid), signal.SIGKILL)
            os.waitpid(-1, 0)
        except ProcessLookupError:
            continue
        except ChildProcessError:
            return


def become_student(shell: Shell, pipe: int, box: Path, environment: dict[str, str]) -> None:
    """Confine this process, bring in the student's files, and serve the pipe until the host closes it."""
    own = {"HOME": str(box), "TMPDIR": str(box), "MPLCONFIGDIR": str(box), "IPYTHONDIR": str(box)}
    confine(pipe, box, {**environment, **own})
    channel = socket.socket(fileno=pipe)
    for name, content in wire.receive(channel)["files"]:
        path = box / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    after_fork(shell)
    gc.enable()
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)
    sys.path.insert(0, str(box))
    wire.send(channel, {"ready": True})
    serve(shell, channel)


if __name__ == "__main__":
    main()
