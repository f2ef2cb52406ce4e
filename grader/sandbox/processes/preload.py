"""The zygote of fork servers: import and warm up what students' notebooks use, then fork one server per client."""

from __future__ import annotations

import asyncio  # noqa: F401 - preloaded for students' cells, as are the next modules
import concurrent.futures.process  # noqa: F401
import ctypes
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
from grader.sandbox.processes.messages import ServerConfiguration
from grader.sandbox.runtime import parallel
from grader.sandbox.runtime.shell import Shell, make_shell, rehearse

# The first use of these loads more modules, in each student's process: fake tensors take 1 s, the optimiser 0.1 s.
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
HUGE_PAGE = 2 << 20
MADV_COLLAPSE = 25


def preload(gpu: bool) -> Shell:
    """A shell that has run each kind of cell once. Raises RuntimeError if that started a thread.

    gpu: students may use the GPU. Then there is no warm-up: gradients and fake tensors initialise CUDA, which does not
    survive a fork.
    """
    torch.set_num_threads(1)
    parallel.prepare()
    shell = make_shell(Bounds().output_bytes)
    if not gpu:
        shell.run(WARM_UP)
    rehearse(shell)
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise RuntimeError(f"{threads} threads before the fork; only one survives it")
    gc.collect()
    gc.freeze()
    gc.disable()
    use_huge_pages()
    return shell


def use_huge_pages() -> None:
    """Move this process's memory to pages of 2 MB where the kernel can (Linux 6.1): a fork takes 10 ms instead of 22.

    A write after the fork still copies 4 kB.
    """
    libc = ctypes.CDLL(None)
    with open("/proc/self/maps") as maps:
        lines = [line.split() for line in maps]
    for place, access, _, _, inode, *_ in lines:
        start, end = (int(address, 16) for address in place.split("-"))
        start, end = -(-start // HUGE_PAGE) * HUGE_PAGE, end // HUGE_PAGE * HUGE_PAGE
        if access == "rw-p" and inode == "0" and start < end:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_COLLAPSE)  # it may fail


def main() -> None:
    """`python -m grader.sandbox.processes.preload DESCRIPTOR [gpu]`."""
    control = socket.socket(fileno=int(sys.argv[1]))
    shell = preload(gpu=sys.argv[2] == "gpu")

    def run_fork_server(message: bytes, descriptors: list[int]) -> None:
        forkserver.run(ServerConfiguration.from_json(message), socket.socket(fileno=descriptors[0]), shell)

    zygote.serve(control, run_fork_server)


if __name__ == "__main__":
    main()
