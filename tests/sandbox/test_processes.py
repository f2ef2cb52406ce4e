"""Real students' processes: cells, questions, deadlines, bounds, and that nothing is left behind."""

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

from grader.errors import ForkServerError, StudentGone, StudentRaised, TooSlow, Undecided
from grader.nbgrader_plugin.course import PROJECT
from grader.sandbox.isolation.bounds import ALL_WALLS, Bounds, Walls
from grader.sandbox.processes.client import ForkServer
from grader.sandbox.processes.messages import ServerConfiguration, ServerReady, StartRequest
from grader.student.channel import EXCEEDED, PipeChannel
from grader.student.limits import Limits
from grader.student.proxy import Student
from tests.helpers.shared_zygote import fork_server

SMALL = Bounds(memory_bytes=512 << 20, output_bytes=100_000)
QUICK = Limits(cell_seconds=1.0, answer_seconds=0.5, check_seconds=20.0, notebook_seconds=60.0)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = fork_server(SMALL)
    yield server
    server.close()


@pytest.fixture
def channel(server: ForkServer) -> Iterator[PipeChannel]:
    with server.start([("data/numbers.txt", b"1 2 3")], {"COURSE": "losses"}) as process:
        channel = PipeChannel(process, QUICK)
        channel.begin_check()
        yield channel


def text_of(channel: PipeChannel, source: str) -> str:
    """The text that a cell printed, or the name of the exception that it raised."""
    reply, _ = channel.run(source)
    return "".join(o.get("text", o.get("ename", "")) for o in json.loads(reply["shown"])["outputs"]).strip()


def test_messages_are_the_same_after_json() -> None:
    configuration = ServerConfiguration(SMALL, without=("namespaces",), gpu=True)
    assert ServerConfiguration.from_json(configuration.to_json()) == configuration
    ready = ServerReady(7, Walls(sorted(ALL_WALLS), {"landlock": "no kernel support"}, 5, "cgroup v2"))
    assert ServerReady.from_json(ready.to_json()) == ready
    request = StartRequest({"LANG": "C.UTF-8"}, {"IMAGES": "/images.npy"})
    assert StartRequest.from_json(request.to_json()) == request


def test_cells_and_questions_share_one_namespace(channel: PipeChannel) -> None:
    text_of(channel, "import torch\nfactor = 3\ndef f(x):\n    return factor * x")
    assert torch.equal(Student(channel).f(torch.ones(2)).value(), torch.full((2,), 3.0))
    text_of(channel, "factor = 4")
    assert torch.equal(Student(channel).f(torch.ones(2)).value(), torch.full((2,), 4.0))


def test_files_environment_and_directory(channel: PipeChannel) -> None:
    source = "import os; print(open('data/numbers.txt').read(), os.environ['COURSE'], "
    assert text_of(channel, source + "os.path.samefile(os.environ['HOME'], '.'))") == "1 2 3 losses True"
    assert text_of(channel, "print(sorted(n for n in os.environ if 'SECRET' in n or n.startswith('PYTEST')))") == "[]"


def test_all_processes_of_a_notebook_are_in_one_session(channel: PipeChannel) -> None:
    """The scheduler shares the CPUs between sessions."""
    source = """
import os, subprocess, sys
other = subprocess.run([sys.executable, "-c", "import os; os.setsid(); print(os.getsid(0))"],
                       start_new_session=True, capture_output=True, text=True)
print(other.stdout.strip() == str(os.getsid(0)), other.stderr)
"""
    assert text_of(channel, source) == "True"


def test_no_socket_of_the_fork_server_is_open(channel: PipeChannel) -> None:
    """Only the pipe and the two sockets of the event loop."""
    source = """
import os
names = [f'/proc/self/fd/{n}' for n in os.listdir('/proc/self/fd')]
print(sum(os.readlink(n).startswith('socket') for n in names if os.path.lexists(n)))
"""
    assert text_of(channel, source) == "3"


def test_random_numbers_are_equal_in_every_process(server: ForkServer) -> None:
    source = "import numpy, random, torch; print(torch.rand(1).item(), numpy.random.rand(), random.random())"
    seen = []
    for _ in range(2):
        with server.start([], {}) as process:
            seen.append(text_of(PipeChannel(process, QUICK), source))
    assert seen[0] == seen[1]


def test_processes_do_not_see_each_other(server: ForkServer) -> None:
    with server.start([], {}) as first, server.start([], {}) as second:
        text_of(PipeChannel(first, QUICK), "secret = 1; open('mine', 'w').write('x')")
        other = PipeChannel(second, QUICK)
        assert text_of(other, "secret") == "NameError"
        assert text_of(other, "import os; print(os.listdir('.'))") == "[]"


def test_an_endless_cell_is_interrupted_and_the_next_one_runs(channel: PipeChannel) -> None:
    reply, stopped = channel.run("while True: pass")
    assert stopped
    assert json.loads(reply["shown"])["outputs"][-1]["ename"] == "KeyboardInterrupt"
    assert text_of(channel, "print(1)") == "1"


def test_an_endless_answer_is_too_slow_and_the_next_one_arrives(channel: PipeChannel) -> None:
    text_of(channel, "def slow():\n    while True: pass\ndef quick():\n    return 1")
    student = Student(channel)
    with pytest.raises(TooSlow):
        student.slow().value()
    assert student.quick().value() == 1


def test_a_process_that_ignores_the_interrupt_is_killed(channel: PipeChannel) -> None:
    source = """
while True:
    try:
        while True: sum(range(10**5))
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
def test_a_process_that_exits_is_gone(channel: PipeChannel, source: str) -> None:
    with pytest.raises(StudentGone):
        channel.run(source)
    assert channel.gone


def test_a_process_that_exits_is_gone_although_its_child_lives(server: ForkServer) -> None:
    """The child has inherited the pipe. At the wall-clock limit nothing would be decided."""
    with server.start([], {}) as process:
        channel = PipeChannel(process, Limits(cell_seconds=20.0, patience=1.0))
        with pytest.raises(StudentGone):
            channel.run("import os, time\nif os.fork():\n    os._exit(0)\ntime.sleep(1000)")


def test_exit_does_not_end_the_process(channel: PipeChannel) -> None:
    text_of(channel, "exit()")
    assert text_of(channel, "print(2)") == "2"


def test_a_too_large_answer_is_the_students_error(channel: PipeChannel) -> None:
    text_of(channel, "import torch\ndef f(): return torch.empty(1 << 26)")
    with pytest.raises(StudentRaised, match="too large"):
        Student(channel).f().value()


def test_forged_bytes_on_the_pipe_end_the_process(channel: PipeChannel) -> None:
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


def test_output_is_limited_while_it_is_produced(channel: PipeChannel) -> None:
    reply, stopped = channel.run("while True: print('x' * 1000)")
    assert stopped
    assert len(reply["shown"]) < 2_000_000


WATCHED = """
import subprocess, sys, tempfile
from grader.sandbox.isolation.bounds import Bounds
from grader.sandbox.isolation.watchdog import Watchdog
with tempfile.TemporaryDirectory() as home:
    watchdog = Watchdog(Bounds(int(sys.argv[1]) << 20), home, home_has_size_limit=False, check_memory=True)
    child = subprocess.Popen([sys.executable, "-c", sys.argv[2]])
    seen = set()
    while child.poll() is None:
        seen.add(watchdog.exceeded())
    print(*seen)
"""
PROGRAMS = """
import subprocess
kept = bytearray(200 << 20)
for _ in range(200): subprocess.run(["true"])
"""


@pytest.mark.parametrize(("megabytes", "seen"), [(300, ""), (180, "memory")])
def test_memory_counts_once_while_a_program_starts(megabytes: int, seen: str) -> None:
    """Between vfork and exec, a child process shows its parent's memory as its own."""
    command = [sys.executable, "-c", WATCHED, str(megabytes), PROGRAMS]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == seen.split()


def running(marker: str) -> list[str]:
    """Process ids of the host whose command line contains the marker."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if marker in path.read_text(errors="replace"):
                found.append(path.parent.name)
    return found


def all_end(marker: str) -> bool:
    """Whether all processes with the marker end within ten seconds."""
    end = time.monotonic() + 10
    while running(marker) and time.monotonic() < end:
        time.sleep(0.01)
    return not running(marker)


def daemons(marker: str) -> str:
    """Source of a cell that starts a process in a new session, which starts two more and then prints "ready"."""
    return (
        "import subprocess\n"
        f"command = ['setsid', 'sh', '-c', 'sleep {marker} & echo ready; (sleep {marker} &) ; exec sleep {marker}']\n"
        "print(subprocess.Popen(command, stdout=subprocess.PIPE).stdout.readline())"
    )


@pytest.fixture
def marker() -> str:
    """A random number of seconds, by which the `sleep` processes of one test are found."""
    return f"1000.{random.SystemRandom().randrange(10**9):09d}"


@pytest.mark.parametrize("without", [(), ("namespaces",)], ids=["both walls", "inner wall"])
def test_nothing_is_left_behind(without: tuple[str, ...], marker: str) -> None:
    """Neither daemons of two generations nor the directory."""
    server = fork_server(SMALL, without=without)
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


GRADER_PROGRAM = """
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
def test_all_processes_die_with_the_grader_or_the_fork_server(victim: str, without: str, marker: str) -> None:
    """Also if it is killed by SIGKILL, which cannot be caught."""
    command = [sys.executable, "-c", GRADER_PROGRAM, without]
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": Path(__file__).parents[2]}
    with subprocess.Popen(command, **piped) as grader:
        grader.stdin.write(daemons(marker))
        grader.stdin.close()
        line = grader.stdout.readline()
        assert "ready" in line
        assert running(marker)
        os.kill(grader.pid if victim == "grader" else int(line.split()[-1]), signal.SIGKILL)
        assert all_end(marker)
        grader.kill()


def test_an_error_has_its_line_and_function(channel: PipeChannel) -> None:
    text_of(channel, "def helper(x):\n    raise NotImplementedError('here')\ndef f(x): return helper(x)")
    with pytest.raises(StudentRaised) as caught:
        Student(channel).f(1).value()
    assert (caught.value.line, caught.value.function) == ("raise NotImplementedError('here')", "helper")


def test_orphans_of_a_killed_supervisor_are_killed(server: ForkServer, marker: str) -> None:
    process = server.start([], {})
    text_of(PipeChannel(process, QUICK), daemons(marker))
    for path in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split():
        os.kill(int(path), signal.SIGKILL)
    assert all_end(marker)
    with pytest.raises(ForkServerError, match="supervisor"), process:
        pass


def test_a_killed_fork_server_is_detected_if_another_one_has_been_started(server: ForkServer) -> None:
    """The evidence for wrong answers comes from a second process, which may run on a new server."""
    process = server.start([], {})
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(StudentGone):
        PipeChannel(process, QUICK).run("import time; time.sleep(100)")
    with server.start([], {}) as second:
        assert text_of(PipeChannel(second, QUICK), "print(2)") == "2"
    with pytest.raises(ForkServerError, match="fork server"), process:
        pass


def test_a_killed_supervisor_is_detected_with_an_interrupt_unread(server: ForkServer) -> None:
    """Reading then raises ConnectionResetError first."""
    process = server.start([], {})
    (supervisor,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    os.kill(int(supervisor), signal.SIGSTOP)
    process.interrupt()
    os.kill(int(supervisor), signal.SIGKILL)
    with pytest.raises(ForkServerError, match="supervisor"), process:
        pass


def test_closing_the_server_kills_everything_and_it_can_start_again(marker: str) -> None:
    server = fork_server(SMALL)
    process = server.start([], {})
    text_of(PipeChannel(process, QUICK), daemons(marker))
    server.close()
    assert not running(marker)
    process.kill()
    with server.start([], {}) as process:
        assert text_of(PipeChannel(process, QUICK), "print(3)") == "3"
    server.close()


EXCEEDING = {
    "memory": "import mmap\nfor m in [mmap.mmap(-1, 64 << 20) for _ in range(12)]: m.write(bytes(64 << 20))",
    "processes": "import os, time\nfor _ in range(40):\n    if not os.fork():\n        time.sleep(100)\ntime.sleep(1)",
    "files": "for n in range(3000): open(f'{n}.txt', 'w').close()\nimport time; time.sleep(1)",
}


@pytest.fixture(scope="module", params=[(), ("namespaces",)], ids=["both walls", "inner wall"])
def bounded(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    """A server with bounds that are quickly exceeded."""
    server = fork_server(Bounds(memory_bytes=256 << 20, processes=30), without=request.param)
    yield server
    server.close()


@pytest.mark.parametrize("bound", EXCEEDING)
def test_the_exceeded_bound_is_reported(bound: str, bounded: ForkServer) -> None:
    """Bounds hold for all processes of a student together."""
    with bounded.start([], {}) as process:
        channel = PipeChannel(process, Limits(cell_seconds=20))
        if bound == "processes" and os.geteuid() == 0:  # RLIMIT_NPROC acts first: the user is separate
            assert "BlockingIOError" in text_of(channel, EXCEEDING[bound])
            return
        with pytest.raises(StudentGone):
            channel.run(EXCEEDING[bound])
        assert channel.gone == EXCEEDED[bound]


IGNORES_INTERRUPTS = """
import time
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
"""


def test_a_copy_answers_as_the_process_was_and_interrupts_reach_it(channel: PipeChannel) -> None:
    text_of(channel, "number = 1\ndef f():\n    return number\ndef slow():\n    while True: pass")
    copy = channel.fork()
    text_of(channel, "number = 2")
    later = channel.fork()
    text_of(channel, "number = 3\nopen('later.txt', 'w').close()")
    channel.stop()
    for asked, number in ((later, 2), (copy, 1)):
        asked.begin_check()
        student = Student(asked)
        with pytest.raises(TooSlow):
            student.slow().value()
        assert student.f().value() == number
    with pytest.raises(StudentGone):
        Student(channel).f().value()


@pytest.mark.parametrize(
    "end",
    [
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes; ctypes.string_at(0)",
        "import os; os.execv('/bin/true', ['true'])",
        IGNORES_INTERRUPTS,
        *EXCEEDING.values(),
    ],
)
def test_a_copy_outlives_the_process_and_its_bounds(end: str, bounded: ForkServer) -> None:
    with bounded.start([], {}, forks=1) as process:
        channel = PipeChannel(process, Limits(cell_seconds=5, patience=1))
        text_of(channel, "def f():\n    return 1")
        copy = channel.fork()
        with contextlib.suppress(StudentGone, Undecided):
            channel.run(end)
        copy.begin_check()
        assert Student(copy).f().value() == 1


def test_the_bound_that_a_copy_exceeds_is_reported(bounded: ForkServer) -> None:
    with bounded.start([], {}, forks=1) as process:
        channel = PipeChannel(process, Limits())
        text_of(channel, "def f():\n    global m\n    " + EXCEEDING["memory"].replace("\n", "\n    "))
        copy = channel.fork()
        channel.stop()
        copy.begin_check()
        with pytest.raises(StudentGone, match="memory"):
            Student(copy).f().value()


def test_where_no_copy_can_be_made_the_process_goes_on(bounded: ForkServer) -> None:
    with bounded.start([], {}) as process:
        channel = PipeChannel(process, Limits(cell_seconds=20))
        source = "import os, time\ntry:\n    while os.fork() or time.sleep(100): pass\nexcept OSError: print('full')"
        if os.geteuid() == 0:  # otherwise the limit leaves room for other processes of the user
            assert text_of(channel, source) == "full"
            assert channel.fork().gone
            assert text_of(channel, "print(1)") == "1"


def test_the_client_leaks_no_descriptor(server: ForkServer) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    with server.start([], {}):
        pass
    before = count()
    for _ in range(5):
        with server.start([], {}) as process:
            text_of(PipeChannel(process, QUICK), "1")
            process.fork(time.monotonic() + 10)
    assert count() == before
