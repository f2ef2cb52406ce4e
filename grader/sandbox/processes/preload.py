"""Import and warm up once what students' notebooks use, then fork fork servers. Started by `zygote.for_students`."""

from __future__ import annotations

import asyncio  # noqa: F401 - preloaded for students' cells, as are the next ones
import gc
import os
import socket
import sys

import matplotlib.backends.backend_agg
import matplotlib.pyplot  # noqa: F401
import sklearn.datasets
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.preprocessing  # noqa: F401
import torch
import torchvision.datasets
import torchvision.transforms  # noqa: F401

from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.processes import forkserver, zygote
from grader.sandbox.runtime.shell import Shell, make_shell, rehearse

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


def preload(gpu: bool) -> Shell:
    """A shell that has seen everything once. Raises RuntimeError where that started a thread.

    gpu: students may use it. CUDA does not survive a fork, and a gradient or a fake tensor would touch it: each student
    pays for those then.
    """
    torch.set_num_threads(1)
    shell = make_shell(Bounds().output_bytes)
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
    """`python -m grader.sandbox.processes.preload DESCRIPTOR [gpu]`."""
    control = socket.socket(fileno=int(sys.argv[1]))
    shell = preload(gpu=sys.argv[2] == "gpu")
    zygote.serve(control, lambda configuration, descriptors: forkserver.run(configuration, descriptors[0], shell))


if __name__ == "__main__":
    main()
