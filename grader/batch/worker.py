"""A worker process: runs one job after the other. `python -m grader.batch.worker DESCRIPTOR [gpu]` forks workers."""

from __future__ import annotations

import gc
import os
import queue
import signal
import socket
import sys
import threading
from multiprocessing.connection import Connection

import matplotlib.pyplot  # noqa: F401 - the checks and the trusted run import these
import sklearn.datasets
import sklearn.model_selection
import sklearn.preprocessing  # noqa: F401
import torchvision.datasets  # noqa: F401

from grader.batch.job import Job
from grader.batch.run_job import JobRunner
from grader.sandbox.isolation.syscalls import PR_SET_PDEATHSIG, prctl
from grader.sandbox.processes import zygote


def main() -> None:
    """Fork a worker for each request."""
    gpu = sys.argv[2] == "gpu"
    control = socket.socket(fileno=int(sys.argv[1]))
    zygote.serve(control, lambda _, descriptors: serve(descriptors[0], descriptors[1], gpu))


def serve(pipe: int, students: int, gpu: bool) -> None:
    """Grade until the main process closes the pipe, or the zygote ends. SIGINT is ignored, as in the zygote.

    pipe: descriptor of the connection to the main process. students: descriptor of the connection to the zygote that
    forks fork servers.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    connection = Connection(pipe)
    runner = JobRunner(zygote.student_zygote(gpu, socket.socket(fileno=students)))
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, jobs), daemon=True).start()
    while True:
        job = jobs.get()
        try:
            connection.send(runner.run(job))
        except Exception as error:
            connection.send(error)
        if not gc.get_freeze_count():  # libraries stay in memory; traversing them takes 0.3 s in each collection
            gc.collect()
            gc.freeze()


def _receive(connection: Connection, jobs: queue.SimpleQueue[Job]) -> None:
    """Both ends send large messages: without a reader at all times both could block."""
    while True:
        try:
            jobs.put(connection.recv())
        except (EOFError, OSError, MemoryError):  # MemoryError: within the limits of `work_limits`
            os._exit(0)


if __name__ == "__main__":
    main()
