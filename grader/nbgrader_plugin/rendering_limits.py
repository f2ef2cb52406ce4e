"""Limit the CPU time and the memory of work on a student's content in this process, such as rendering a page."""

from __future__ import annotations

import contextlib
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path


class LimitExceeded(BaseException):
    """The work took too long. Not an Exception, so that the libraries that do the work do not handle it."""


@contextlib.contextmanager
def limited(cpu_seconds: float, memory_bytes: int) -> Iterator[None]:
    """Raise LimitExceeded in the body after `cpu_seconds` of this process, or MemoryError above `memory_bytes` more.

    Only the main thread of a process gets signals; in another thread there is no time limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    bounds = [used + memory_bytes, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]
    in_main_thread = threading.current_thread() is threading.main_thread()

    def ring(*_: object) -> None:
        raise LimitExceeded

    previous = signal.signal(signal.SIGVTALRM, ring) if in_main_thread else None
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
    try:
        if in_main_thread:
            signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds)
        yield
    finally:
        if in_main_thread:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, previous)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
