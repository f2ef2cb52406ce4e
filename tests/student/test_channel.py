"""Deadlines of real students' processes: CPU time decides, on a busy machine too; see also tests/sandbox."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import StudentGone, TooSlow, Undecided
from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.isolation.rlimits import NICE
from grader.sandbox.processes import control
from grader.sandbox.processes.client import ForkServer, StudentProcess
from grader.student import deadlines
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from grader.student.proxy import Student
from tests.helpers.processes import STUDENTS, children
from tests.helpers.shared_zygote import fork_server
from tests.hostile.world import command_line, descendants

PATIENT = Limits(cell_seconds=0.5, answer_seconds=0.5, check_seconds=20.0, patience=40.0)
BRIEF = Limits(cell_seconds=0.3, answer_seconds=0.3, check_seconds=20.0, patience=3.0)
DEFINITIONS = """
import os, subprocess, sys, time
def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
    return 1
def sleep(seconds):
    time.sleep(seconds)
    return 1
def spinning_child():
    if os.fork() == 0:
        while True: pass
    time.sleep(1000)
def spinning_child_in_a_session():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True: pass
        os._exit(0)
    time.sleep(1000)
def children_that_end():
    while True:
        subprocess.run([sys.executable, "-Ic", "sum(range(10**6))"])
def threads():
    import threading
    for _ in range(3): threading.Thread(target=spin, args=(1000,), daemon=True).start()
    time.sleep(1000)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = fork_server(Bounds(memory_bytes=512 << 20))
    yield server
    server.close()


@pytest.fixture
def process(server: ForkServer) -> Iterator[StudentProcess]:
    server.walls()
    with server.start([], {}) as process:
        yield process


def opened(process: StudentProcess, limits: Limits) -> PipeChannel:
    """A channel at the start of a check."""
    PipeChannel(process, Limits()).run(DEFINITIONS)
    channel = PipeChannel(process, limits)
    channel.begin_check()
    return channel


def students(server: ForkServer) -> list[int]:
    """Pids of the student's processes, without the supervisor and bubblewrap."""
    (supervisor,) = [pid for pid, _ in children(server.pid)]
    own = [child for child, command in children(supervisor) if STUDENTS in command]
    return [pid for child in own for pid in (child, *descendants(child))]


@contextlib.contextmanager
def kept_from_running(server: ForkServer, seconds: float) -> Iterator[None]:
    """As if other programs had all CPUs: the student's process gets none for so long, from 0.1 s on."""

    def stop() -> None:
        time.sleep(0.1)
        pids = students(server)
        for number, pause in ((signal.SIGSTOP, seconds), (signal.SIGCONT, 0.0)):
            for pid in pids:
                os.kill(pid, number)
            time.sleep(pause)

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_an_answer_that_waits_for_a_cpu_is_not_too_slow(server: ForkServer, process: StudentProcess) -> None:
    """Nor is CPU time counted that an earlier cell has used."""
    channel = opened(process, PATIENT)
    channel.run("spin(0.4)")
    with kept_from_running(server, 1.5):
        assert Student(channel).spin(0.3).value() == 1
    assert Student(channel).spin(0.3).value() == 1


def test_a_cell_that_waits_for_a_cpu_is_not_stopped(server: ForkServer, process: StudentProcess) -> None:
    channel = opened(process, PATIENT)
    with kept_from_running(server, 1.5):
        _, stopped = channel.run("spin(0.3)")
    assert not stopped


def test_a_check_that_waits_for_a_cpu_is_not_too_slow(server: ForkServer, process: StudentProcess) -> None:
    channel = opened(process, Limits(check_seconds=0.5, patience=40.0))
    with kept_from_running(server, 1.5):
        assert [Student(channel).spin(0.1).value() for _ in range(3)] == [1, 1, 1]


def test_an_answer_on_a_busy_machine_is_not_too_slow(process: StudentProcess) -> None:
    """With a dozen spinning processes, each in a session of its own."""
    channel = opened(process, Limits(answer_seconds=0.4, patience=200.0))
    command = [sys.executable, "-Ic", "while True: pass"]
    spinners = [subprocess.Popen(command, start_new_session=True) for _ in range(12)]
    try:
        assert Student(channel).spin(0.2).value() == 1
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


@pytest.mark.parametrize("function", ["spinning_child", "spinning_child_in_a_session", "children_that_end", "threads"])
def test_the_time_of_all_processes_counts(process: StudentProcess, function: str) -> None:
    """Of children, of orphans, of processes that have ended, of threads: too slow, however patient the limit is."""
    channel = opened(process, PATIENT)
    with pytest.raises(TooSlow):
        getattr(Student(channel), function)().value()


def test_the_time_of_a_check_is_cpu_time(process: StudentProcess) -> None:
    channel = opened(process, Limits(check_seconds=0.4, patience=40.0))
    with pytest.raises(TooSlow):
        [Student(channel).spin(0.15).value() for _ in range(10)]
    channel.begin_check()
    assert Student(channel).spin(0.15).value() == 1


@pytest.mark.parametrize("request_", ["cell", "answer"])
def test_a_process_that_sleeps_is_undecided_and_so_is_the_rest(process: StudentProcess, request_: str) -> None:
    channel = opened(process, BRIEF)
    with pytest.raises(Undecided):
        channel.run("time.sleep(1000)") if request_ == "cell" else Student(channel).sleep(1000).value()
    assert channel.undecided
    with pytest.raises(Undecided):
        Student(channel).spin(0).value()
    with pytest.raises(Undecided):
        channel.run("1")


def test_the_whole_notebook_has_a_wall_clock_limit(process: StudentProcess) -> None:
    channel = opened(process, Limits(notebook_seconds=1.0))
    with pytest.raises(Undecided):
        [Student(channel).sleep(0.3).value() for _ in range(10)]


def test_a_process_that_sleeps_while_the_machine_is_idle_is_too_slow(
    process: StudentProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known only if nothing else is graded. The process lives on."""
    monkeypatch.setattr(deadlines, "idle_seconds", lambda: 2 * time.monotonic())
    channel = opened(process, Limits(answer_seconds=0.5, patience=40.0, alone=True))
    with pytest.raises(TooSlow):
        Student(channel).sleep(1000).value()
    assert Student(channel).spin(0).value() == 1


def test_a_loop_that_then_ignores_the_interrupt_asleep_is_undecided(process: StudentProcess) -> None:
    channel = opened(process, BRIEF)
    source = "try:\n    while True: sum(range(10**5))\nexcept KeyboardInterrupt:\n    time.sleep(1000)"
    with pytest.raises(Undecided):
        channel.run(source)


def test_a_loop_that_ignores_the_interrupt_is_gone(process: StudentProcess) -> None:
    channel = opened(process, replace(BRIEF, patience=60.0))
    with pytest.raises(StudentGone):
        channel.run("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")
    assert not channel.undecided


def test_without_a_reply_of_the_supervisor_nothing_is_decided(
    server: ForkServer, process: StudentProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endless loop, of which nobody measures the CPU time. An answer in time still counts."""
    monkeypatch.setattr(control, "CPU_TIME_SECONDS", 0.1)
    monkeypatch.setattr(control, "END_SECONDS", 0.1)
    channel = opened(process, Limits(answer_seconds=0.3, patience=10.0))
    (supervisor,) = [pid for pid, _ in children(server.pid)]
    os.kill(supervisor, signal.SIGSTOP)
    try:
        assert Student(channel).sleep(0.4).value() == 1
        with pytest.raises(Undecided):
            Student(channel).spin(1000).value()
    finally:
        os.kill(supervisor, signal.SIGCONT)


def test_students_run_at_a_lower_priority_that_they_cannot_raise(process: StudentProcess) -> None:
    channel = opened(process, Limits())
    channel.run("import os, resource\ndef nice(): return os.getpriority(os.PRIO_PROCESS, 0)")
    assert Student(channel).nice().value() >= NICE
    channel.run("try: os.setpriority(os.PRIO_PROCESS, 0, 0)\nexcept OSError: pass")
    channel.run("try: os.nice(-1)\nexcept OSError: pass")
    assert Student(channel).nice().value() >= NICE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make control groups here")
def test_all_processes_of_a_student_share_one_group_of_the_cpus(server: ForkServer, process: StudentProcess) -> None:
    """Also those in sessions of their own. The group is removed at the end."""
    if server.walls().memory == "watchdog":
        pytest.skip("no control group can be made here")
    channel = opened(process, PATIENT)
    with pytest.raises(TooSlow):
        Student(channel).spinning_child_in_a_session().value()
    groups = {cpu_group(pid) for pid in students(server) if command_line(pid)}  # zombies have left theirs
    assert len(groups) == 1
    (group,) = groups
    assert "student-" in group.name
    weight = group / ("cpu.shares" if (group / "cpu.shares").exists() else "cpu.weight")
    assert int(weight.read_text()) < (1024 if weight.name == "cpu.shares" else 100)
    process.kill()
    assert not group.exists()


def cpu_group(pid: int) -> Path:
    """The folder of the control group that shares the CPUs."""
    lines = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    paths = {controller: path for _, controllers, path in lines for controller in controllers.split(",")}
    top = Path("/sys/fs/cgroup")
    return top / "cpu" / paths["cpu"].lstrip("/") if "cpu" in paths else top / paths[""].lstrip("/")
