"""A worker's life: one notebook after the other. `python -m grader.batch.worker DESCRIPTOR [gpu]` forks workers."""

from __future__ import annotations

import gc
import os
import queue
import signal
import socket
import sys
import threading
from multiprocessing.connection import Connection

import matplotlib.pyplot  # noqa: F401 - what the instructor's notebooks import, for the trusted run; the next two, too
import sklearn.model_selection  # noqa: F401
import torchvision.datasets  # noqa: F401

from grader.batch.job import Job
from grader.batch.run_job import run_job
from grader.sandbox.isolation.syscalls import PR_SET_PDEATHSIG, prctl
from grader.sandbox.processes import zygote


def main() -> None:
    """Fork a worker for each request."""
    gpu = sys.argv[2] == "gpu"
    control = socket.socket(fileno=int(sys.argv[1]))
    zygote.serve(control, lambda _, descriptors: serve(descriptors[0], descriptors[1], gpu))


def serve(pipe: int, students: int, gpu: bool) -> None:
    """Until whoever gives job closes the pipe, or the zygote ends. students: what fork servers are forked from.

    A Ctrl-C is for whoever gives it job, as it is in the zygote.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    connection = Connection(pipe)
    warm = zygote.for_students(gpu, socket.socket(fileno=students))
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(connection, jobs), daemon=True).start()
    while True:
        job = jobs.get()
        try:
            connection.send(run_job(job, warm))
        except Exception as error:
            connection.send(error)
        if not gc.get_freeze_count():  # the libraries stay; looking through them takes 0.3 s each time
            gc.collect()
            gc.freeze()


def _take(connection: Connection, jobs: queue.SimpleQueue[Job]) -> None:
    """Both ends send large messages: unless somebody always reads here, both could wait for the other."""
    while True:
        try:
            jobs.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)


if __name__ == "__main__":
    main()
