"""Work on a student's content has limits of time and memory, in every thread, whatever swallows exceptions."""

from __future__ import annotations

import contextlib
import resource
import signal
import threading
import time
from collections.abc import Callable

import pytest

from grader.submission.work_limits import LimitExceeded, limited

GB = 1 << 30


def spin() -> None:
    while True:
        pass


def spin_in_finalizers() -> None:
    """Python prints what a finalizer raises, and goes on."""

    class Slow:
        def __del__(self) -> None:
            if not stopped:
                stopped.append(True)
                spin()

    stopped: list[bool] = []
    Slow()
    spin()


def spin_in_handlers() -> None:
    while True:
        with contextlib.suppress(Exception):
            spin()


def in_main_thread(work: Callable[[], None]) -> None:
    work()


def in_another_thread(work: Callable[[], None]) -> None:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


@pytest.mark.parametrize("where", [in_main_thread, in_another_thread])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestLimits:
    """The limits hold where nbgrader works (the main thread) and where Dask's workers do."""

    @pytest.mark.parametrize("work", [spin, spin_in_finalizers, spin_in_handlers])
    def test_time_is_limited(self, where: Callable[..., None], work: Callable[[], None]) -> None:
        def limited_work() -> None:
            with limited(0.05, GB):
                work()

        with pytest.raises(LimitExceeded):
            where(limited_work)

    def test_memory_is_limited(self, where: Callable[..., None]) -> None:
        def limited_work() -> None:
            with limited(10, 1 << 20):
                bytearray(GB)

        with pytest.raises(MemoryError):
            where(limited_work)

    def test_the_limits_end_with_the_work(self, where: Callable[..., None]) -> None:
        before = resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGVTALRM), threading.active_count()
        finished: list[int] = []

        def limited_work() -> None:
            with limited(0.05, GB):
                time.sleep(0.2)  # takes no CPU time
            end = time.thread_time() + 0.2
            while time.thread_time() < end:
                pass
            finished.append(len(bytearray(1 << 25)))

        where(limited_work)
        assert finished == [1 << 25]
        after = resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGVTALRM), threading.active_count()
        assert after == before


def test_another_threads_time_does_not_count() -> None:
    """A worker of a cluster runs threads of its own beside the one that grades."""
    ended = threading.Event()

    def busy() -> None:
        while not ended.is_set():
            pass

    thread = threading.Thread(target=busy)
    thread.start()

    def limited_work() -> None:
        with limited(0.1, GB):
            time.sleep(0.5)

    try:
        in_another_thread(limited_work)
    finally:
        ended.set()
        thread.join()
