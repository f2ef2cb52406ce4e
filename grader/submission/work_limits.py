"""Limit the CPU time and the memory of work on a student's content in this process: cleaning it, rendering a page."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

REPEAT_SECONDS = 0.5  # of CPU time until LimitExceeded is raised again: a callback of a C library may swallow it
WATCH_SECONDS = 0.05  # between two looks at the clock of another thread


class LimitExceeded(BaseException):
    """The work took too long. Not an Exception, so that the libraries that do the work do not handle it."""


@contextlib.contextmanager
def limited(cpu_seconds: float, memory_bytes: int) -> Iterator[None]:
    """Raise LimitExceeded in the body after `cpu_seconds`, or MemoryError above `memory_bytes` more than now.

    The CPU time is the process's in its main thread, and the thread's own in any other. The memory is the process's.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    bounds = [used + memory_bytes, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]
    in_main_thread = threading.current_thread() is threading.main_thread()
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
    try:
        with _alarm(cpu_seconds) if in_main_thread else _watcher(cpu_seconds):
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def _alarm(cpu_seconds: float) -> Iterator[None]:
    """By a signal, which also interrupts a regular expression; Python handles signals in the main thread only."""

    def ring(*_: object) -> None:
        raise LimitExceeded

    previous = signal.signal(signal.SIGVTALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds, REPEAT_SECONDS)
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        finally:  # an alarm in the line above raises there
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, previous)


@contextlib.contextmanager
def _watcher(cpu_seconds: float) -> Iterator[None]:
    """By another thread, which watches the CPU clock of this one: Dask's workers grade outside the main thread."""
    thread = threading.get_ident()
    clock = time.pthread_getcpuclockid(thread)
    end = time.clock_gettime(clock) + cpu_seconds
    done = threading.Event()

    def watch() -> None:
        while not done.wait(WATCH_SECONDS):
            if time.clock_gettime(clock) > end:
                _raise_in(thread, ctypes.py_object(LimitExceeded))
                done.wait(REPEAT_SECONDS)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        try:
            done.set()
        finally:  # as in `_alarm`
            done.set()
            watcher.join()
            _raise_in(thread, ctypes.c_void_p(None))  # forget an exception that has not been raised yet


def _raise_in(thread: int, exception: object) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), exception)
