"""Where work is done: processes of this machine, or a Dask cluster; one interface for both."""

from __future__ import annotations

import gc
import multiprocessing
import os
import queue
import signal
import threading
from collections import Counter, deque
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from grader.sandbox.syscalls import PR_SET_PDEATHSIG, prctl
from grader.work import Done, Work

KILLED_TWICE = "the process that graded it ended twice"
ASSIGNED = 2  # works of one worker: the one that it does, and the next, so that it never waits for us


class Workers(Protocol):
    """Whoever grades; what `submit` returns is for `finish` of the same object."""

    def submit(self, work: Work) -> Any:
        """Start it as soon as somebody is free."""

    def finish(self, work: Work, future: Any) -> Done:
        """Wait for it; where a worker has died meanwhile, try once more."""

    def close(self) -> None:
        """End all that still runs."""


class Processes:
    """Worker processes on this machine, each with its own fork server. They end with this process, by SIGKILL too.

    No executor of the standard library: when a worker dies, theirs cannot tell which work it was doing, and may hang.
    """

    def __init__(self, jobs: int) -> None:
        self._workers = [_Worker() for _ in range(jobs)]
        self._waiting: deque[Work] = deque()
        self._done: dict[str, Done | Exception] = {}
        self._deaths: Counter[str] = Counter()

    def submit(self, work: Work) -> str:
        """See `Workers.submit`."""
        self._waiting.append(work)
        self._assign()
        return work.key

    def finish(self, work: Work, future: str) -> Done:
        """See `Workers.finish`. Raises what `do` raises."""
        while future not in self._done:
            self._receive()
        done = self._done.pop(future)
        if isinstance(done, Exception):
            raise done
        return done

    def close(self) -> None:
        """See `Workers.close`."""
        for worker in self._workers:
            worker.end()
        # Nothing public ends it, and a notebook server would keep its 400 MB.
        forkserver._forkserver._stop()  # type: ignore[attr-defined]

    def _receive(self) -> None:
        ready = wait([worker.connection for worker in self._workers])
        for index, worker in enumerate(self._workers):
            if worker.connection in ready:
                try:
                    done = worker.connection.recv()
                    self._done[worker.assigned.popleft().key] = done
                except (EOFError, OSError):
                    self._workers[index] = self._replace(worker)
        self._assign()

    def _replace(self, dead: _Worker) -> _Worker:
        """Another one; what the dead one was doing is tried again, once."""
        dead.end()
        if dead.assigned:
            suspect = dead.assigned[0]
            self._deaths[suspect.key] += 1
            if self._deaths[suspect.key] > 1:
                from grader.do import set_aside  # only workers need the rest of that module, which takes seconds

                self._done[suspect.key] = set_aside(dead.assigned.popleft(), KILLED_TWICE)
        self._waiting.extendleft(reversed(dead.assigned))
        return _Worker()

    def _assign(self) -> None:
        for load in range(ASSIGNED):
            for worker in self._workers:
                if self._waiting and len(worker.assigned) <= load:
                    worker.give(self._waiting.popleft())


class _Worker:
    """One process and what it has been given, in order."""

    def __init__(self) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        self.assigned: deque[Work] = deque()
        # Not forked from here: this process may have threads (a notebook server has) and torch's state. Forked from one
        # that has imported everything: each would take 4 s for that.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["grader.autograde", "grader.do"])
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, work: Work) -> None:
        self.assigned.append(work)
        try:
            self.connection.send(work)
        except OSError:  # it has died; `_receive` sees that
            return

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


def _serve(connection: Connection) -> None:
    """A worker's life. A Ctrl-C is for whoever gives it work; with that process, and with what forked it, it ends."""
    from grader.do import do

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    works: queue.SimpleQueue[Work] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(connection, works), daemon=True).start()
    while True:
        work = works.get()
        try:
            connection.send(do(work))
        except Exception as error:
            connection.send(error)
        if not gc.get_freeze_count():  # the libraries stay; looking through them takes 0.3 s each time
            gc.collect()
            gc.freeze()


def _take(connection: Connection, works: queue.SimpleQueue[Work]) -> None:
    """Both ends send large messages: unless somebody always reads here, both could wait for the other."""
    while True:
        try:
            works.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)
