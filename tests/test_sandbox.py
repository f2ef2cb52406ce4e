"""Real student processes: cells, questions, deadlines, and that nothing is left of them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from grader.errors import StudentGone, StudentRaised, TooSlow
from grader.limits import Limits
from grader.sandbox.host import ForkServer
from grader.student import PipeChannel, Student

QUICK = Limits(cell_seconds=1.0, answer_seconds=0.5, check_seconds=20.0, notebook_seconds=60.0)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer(100_000)
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


def test_nothing_is_left_of_it(server: ForkServer) -> None:
    """Daemons of two generations, and the folder."""
    with server.start([], {}) as process:
        channel = PipeChannel(process, QUICK)
        pids = text_of(
            channel,
            "import subprocess, os\n"
            "command = ['setsid', 'sh', '-c', 'sleep 1000 & echo $! $$; exec sleep 1000']\n"
            "p = subprocess.Popen(command, stdout=subprocess.PIPE)\n"
            "print(p.stdout.readline().decode(), os.getpid(), os.getcwd())",
        ).split()
        *numbers, folder = pids
        assert all(Path(f"/proc/{pid}").exists() for pid in numbers)
        assert Path(folder).exists()
    assert not Path(folder).exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in numbers)


def test_the_server_ends_with_everything_and_starts_again() -> None:
    server = ForkServer(100_000)
    process = server.start([], {})
    pid = text_of(PipeChannel(process, QUICK), "import os; print(os.getpid())")
    server.close()
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()
    process.kill()
    with server.start([], {}) as process:
        assert text_of(PipeChannel(process, QUICK), "print(3)") == "3"
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
