"""Real student processes: cells, questions, deadlines, and that nothing is left of them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from grader.errors import ForkServerError, StudentGone, StudentRaised, TooSlow
from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.processes.client import ForkServer
from grader.student.channel import PASSED, PipeChannel
from grader.student.limits import Limits
from grader.student.proxy import Student

SMALL = Bounds(memory_bytes=512 << 20, output_bytes=100_000)
QUICK = Limits(cell_seconds=1.0, answer_seconds=0.5, check_seconds=20.0, notebook_seconds=60.0)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer(SMALL)
    yield server
    server.close()


@pytest.fixture
def channel(server: ForkServer) -> Iterator[PipeChannel]:
    with server.start([("data/numbers.txt", b"1 2 3")], {"COURSE": "losses"}) as process:
        channel = PipeChannel(process, QUICK)
        channel.begin_check()
        yield channel


def text_of(channel: PipeChannel, source: str) -> str:
    """What a cell printed, or the name of what it raised."""
    reply, _ = channel.run(source)
    return "".join(o.get("text", o.get("ename", "")) for o in json.loads(reply["shown"])["outputs"]).strip()


def test_cells_and_questions_meet_in_one_namespace(channel: PipeChannel) -> None:
    text_of(channel, "import torch\nfactor = 3\ndef f(x):\n    return factor * x")
    assert torch.equal(Student(channel).f(torch.ones(2)).value(), torch.full((2,), 3.0))
    text_of(channel, "factor = 4")
    assert torch.equal(Student(channel).f(torch.ones(2)).value(), torch.full((2,), 4.0))


def test_its_own_files_environment_and_directory(channel: PipeChannel) -> None:
    source = "import os; print(open('data/numbers.txt').read(), os.environ['COURSE'], "
    assert text_of(channel, source + "os.path.samefile(os.environ['HOME'], '.'))") == "1 2 3 losses True"
    assert text_of(channel, "print(sorted(n for n in os.environ if 'SECRET' in n or n.startswith('PYTEST')))") == "[]"


def test_no_socket_of_the_fork_server_is_open(channel: PipeChannel) -> None:
    """The pipe and the two of the event loop."""
    source = """
import os
names = [f'/proc/self/fd/{n}' for n in os.listdir('/proc/self/fd')]
print(sum(os.readlink(n).startswith('socket') for n in names if os.path.lexists(n)))
"""
    assert text_of(channel, source) == "3"


def test_the_same_numbers_in_every_process(server: ForkServer) -> None:
    source = "import numpy, random, torch; print(torch.rand(1).item(), numpy.random.rand(), random.random())"
    seen = []
    for _ in range(2):
        with server.start([], {}) as process:
            seen.append(text_of(PipeChannel(process, QUICK), source))
    assert seen[0] == seen[1]


def test_processes_know_nothing_of_each_other(server: ForkServer) -> None:
    with server.start([], {}) as first, server.start([], {}) as second:
        text_of(PipeChannel(first, QUICK), "secret = 1; open('mine', 'w').write('x')")
        other = PipeChannel(second, QUICK)
        assert text_of(other, "secret") == "NameError"
        assert text_of(other, "import os; print(os.listdir('.'))") == "[]"


def test_a_cell_that_does_not_end_is_stopped_and_the_next_one_runs(channel: PipeChannel) -> None:
    reply, stopped = channel.run("while True: pass")
    assert stopped
    assert json.loads(reply["shown"])["outputs"][-1]["ename"] == "KeyboardInterrupt"
    assert text_of(channel, "print(1)") == "1"


def test_an_answer_that_does_not_come_is_too_slow_and_the_next_one_comes(channel: PipeChannel) -> None:
    text_of(channel, "def slow():\n    while True: pass\ndef quick():\n    return 1")
    student = Student(channel)
    with pytest.raises(TooSlow):
        student.slow().value()
    assert student.quick().value() == 1


def test_time_for_a_check_is_bounded_too(server: ForkServer) -> None:
    def ask_often(student: Student) -> None:
        for _ in range(3):
            student.f().value()

    with server.start([], {}) as process:
        channel = PipeChannel(process, Limits(check_seconds=0.3))
        text_of(channel, "import time\ndef f(): time.sleep(0.2)")
        channel.begin_check()
        with pytest.raises(TooSlow):
            ask_often(Student(channel))
        channel.begin_check()
        assert Student(channel).f().value() is None


def test_a_process_that_is_deaf_to_ctrl_c_is_ended(channel: PipeChannel) -> None:
    source = """
import time
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
"""
    with pytest.raises(StudentGone):
        channel.run(source)
    with pytest.raises(StudentGone):
        Student(channel).f().value()


@pytest.mark.parametrize(
    "source", ["import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_a_process_that_ends_is_gone(channel: PipeChannel, source: str) -> None:
    with pytest.raises(StudentGone):
        channel.run(source)
    assert channel.gone


def test_exit_is_not_the_end(channel: PipeChannel) -> None:
    text_of(channel, "exit()")
    assert text_of(channel, "print(2)") == "2"


def test_an_answer_too_large_is_the_students_error(channel: PipeChannel) -> None:
    text_of(channel, "import torch\ndef f(): return torch.empty(1 << 26)")
    with pytest.raises(StudentRaised, match="too large"):
        Student(channel).f().value()


def test_bytes_out_of_turn_are_the_end(channel: PipeChannel) -> None:
    source = """
import os
for name in os.listdir('/proc/self/fd'):
    try:
        if 'socket' in os.readlink(f'/proc/self/fd/{name}'):
            os.write(int(name), b'forged answer ' * 1000)
    except OSError:
        pass
"""
    with pytest.raises(StudentGone):
        [channel.run(cell) for cell in (source, "1")]


def test_output_is_bounded_while_it_is_made(channel: PipeChannel) -> None:
    reply, stopped = channel.run("while True: print('x' * 1000)")
    assert stopped
    assert len(reply["shown"]) < 2_000_000


WATCHED = """
import subprocess, sys, tempfile
from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.isolation.watchdog import Watchdog
with tempfile.TemporaryDirectory() as box:
    dog = Watchdog(Bounds(int(sys.argv[1]) << 20), box, sized=False, memory=True)
    child = subprocess.Popen([sys.executable, "-c", sys.argv[2]])
    seen = set()
    while child.poll() is None:
        seen.add(dog.exceeded())
    print(*seen)
"""
PROGRAMS = """
import subprocess
kept = bytearray(200 << 20)
for _ in range(200): subprocess.run(["true"])
"""


@pytest.mark.parametrize(("megabytes", "seen"), [(300, ""), (180, "memory")])
def test_who_starts_programs_has_its_memory_once(megabytes: int, seen: str) -> None:
    """Until a program begins, the process that will be it shows its parent's memory as its own."""
    command = [sys.executable, "-c", WATCHED, str(megabytes), PROGRAMS]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == seen.split()


def running(marker: str) -> list[str]:
    """Process ids of the host whose command line has the marker."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if marker in path.read_text(errors="replace"):
                found.append(path.parent.name)
    return found


def gone(marker: str) -> bool:
    """They end, within ten seconds."""
    end = time.monotonic() + 10
    while running(marker) and time.monotonic() < end:
        time.sleep(0.01)
    return not running(marker)


def daemons(marker: str) -> str:
    """A cell that starts a process, which leaves its session and starts two more, and reports when they run."""
    return (
        "import subprocess\n"
        f"command = ['setsid', 'sh', '-c', 'sleep {marker} & echo ready; (sleep {marker} &) ; exec sleep {marker}']\n"
        "print(subprocess.Popen(command, stdout=subprocess.PIPE).stdout.readline())"
    )


@pytest.fixture
def marker() -> str:
    """Seconds that nobody else sleeps."""
    return f"1000.{random.SystemRandom().randrange(10**9):09d}"


@pytest.mark.parametrize("without", [(), ("namespaces",)], ids=["both walls", "inner wall"])
def test_nothing_is_left_of_it(without: tuple[str, ...], marker: str) -> None:
    """Daemons of two generations, and the folder."""
    server = ForkServer(SMALL, without=without)
    try:
        with server.start([("mine.txt", b"x")], {}) as process:
            channel = PipeChannel(process, QUICK)
            assert "ready" in text_of(channel, daemons(marker))
            assert running(marker)
            folder = Path(text_of(channel, "import os; print(os.getcwd())"))
            assert folder.exists() == bool(without)
        assert not running(marker)
        assert not folder.exists()
    finally:
        server.close()


GRADER = """
import sys, time
from grader.student.limits import Limits
from grader.errors import ForkServerError
from grader.sandbox.processes.client import ForkServer
from grader.student.channel import PipeChannel
server = ForkServer(without=sys.argv[1:2])
process = server.start([], {})
print(PipeChannel(process, Limits()).run(sys.stdin.read()), server.pid, flush=True)
time.sleep(100)
"""


@pytest.mark.parametrize("victim", ["grader", "fork server"])
@pytest.mark.parametrize("without", ["", "namespaces"], ids=["both walls", "inner wall"])
def test_what_it_started_dies_with_the_grader(victim: str, without: str, marker: str) -> None:
    """By SIGKILL, which nobody can catch."""
    command = [sys.executable, "-c", GRADER, without]
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": Path(__file__).parents[2]}
    with subprocess.Popen(command, **piped) as grader:
        grader.stdin.write(daemons(marker))
        grader.stdin.close()
        said = grader.stdout.readline()
        assert "ready" in said
        assert running(marker)
        os.kill(grader.pid if victim == "grader" else int(said.split()[-1]), signal.SIGKILL)
        assert gone(marker)
        grader.kill()


def test_an_error_says_where_it_was(channel: PipeChannel) -> None:
    text_of(channel, "def helper(x):\n    raise NotImplementedError('here')\ndef f(x): return helper(x)")
    with pytest.raises(StudentRaised) as caught:
        Student(channel).f(1).value()
    assert (caught.value.line, caught.value.function) == ("raise NotImplementedError('here')", "helper")


def test_orphans_of_a_killed_supervisor_end(server: ForkServer, marker: str) -> None:
    process = server.start([], {})
    text_of(PipeChannel(process, QUICK), daemons(marker))
    for path in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split():
        os.kill(int(path), signal.SIGKILL)
    assert gone(marker)
    with pytest.raises(ForkServerError, match="supervisor"), process:
        pass


def test_a_killed_supervisor_is_noticed_with_an_interrupt_unread(server: ForkServer) -> None:
    """The kernel then says that the connection was reset."""
    process = server.start([], {})
    (supervisor,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    os.kill(int(supervisor), signal.SIGSTOP)
    process.interrupt()
    os.kill(int(supervisor), signal.SIGKILL)
    with pytest.raises(ForkServerError, match="supervisor"), process:
        pass


def test_the_server_ends_with_everything_and_starts_again(marker: str) -> None:
    server = ForkServer(SMALL)
    process = server.start([], {})
    text_of(PipeChannel(process, QUICK), daemons(marker))
    server.close()
    assert not running(marker)
    process.kill()
    with server.start([], {}) as process:
        assert text_of(PipeChannel(process, QUICK), "print(3)") == "3"
    server.close()


PASSING = {
    "memory": "import mmap\nfor m in [mmap.mmap(-1, 64 << 20) for _ in range(12)]: m.write(bytes(64 << 20))",
    "processes": "import os, time\nfor _ in range(40):\n    if not os.fork():\n        time.sleep(100)\ntime.sleep(1)",
    "files": "for n in range(3000): open(f'{n}.txt', 'w').close()\nimport time; time.sleep(1)",
}


@pytest.mark.parametrize("without", [(), ("namespaces",)], ids=["both walls", "inner wall"])
@pytest.mark.parametrize("bound", PASSING)
def test_a_bound_that_is_passed_is_named(bound: str, without: tuple[str, ...]) -> None:
    """All processes of a student count together."""
    server = ForkServer(Bounds(memory_bytes=256 << 20, processes=30), without=without)
    try:
        with server.start([], {}) as process:
            channel = PipeChannel(process, Limits(cell_seconds=20))
            if bound == "processes" and os.geteuid() == 0:  # the kernel says no first, to the student's own user
                assert "BlockingIOError" in text_of(channel, PASSING[bound])
                return
            with pytest.raises(StudentGone):
                channel.run(PASSING[bound])
            assert channel.gone == PASSED[bound]
    finally:
        server.close()


def test_the_host_keeps_no_descriptor(server: ForkServer) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    with server.start([], {}):
        pass
    before = count()
    for _ in range(5):
        with server.start([], {}) as process:
            text_of(PipeChannel(process, QUICK), "1")
    assert count() == before
