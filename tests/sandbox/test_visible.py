"""What a student's process sees of the host, behind both walls and behind the inner wall alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.sandbox.processes.client import ForkServer
from grader.student.channel import PipeChannel
from grader.student.limits import Limits
from tests.helpers.shared_zygote import fork_server


@pytest.fixture(scope="module", params=[(), ("namespaces",)], ids=["both walls", "inner wall"])
def server(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    server = fork_server(without=request.param)
    yield server
    server.close()


def shown(server: ForkServer, source: str, read: dict[str, Path] | None = None) -> str:
    """The text that a cell of a new process shows, tracebacks included."""
    with server.start([], {}, read or {}) as process:
        reply, _ = PipeChannel(process, Limits()).run(source)
    outputs = json.loads(reply["shown"])["outputs"]
    return "".join(o.get("text", "") + "\n".join(o.get("traceback", [])) for o in outputs).strip()


USES_THE_FILE = """
import os, mmap, numpy
path = os.environ["IMAGES"]
images = numpy.load(path, mmap_mode="r")
print(images.sum(), path)
"""
LOOKS_FOR_ITS_PLACE = """
seen = [os.path.realpath(path), str(dict(os.environ)), open("/proc/self/maps").read()]
for place in ("/proc/self/environ", "/proc/self/mountinfo", "/proc/self/mounts", "/proc/mounts", "/etc/mtab"):
    try:
        seen.append(open(place, errors="replace").read())
    except OSError:
        pass
for number in os.listdir("/proc/self/fd"):
    try:
        seen.append(os.readlink(f"/proc/self/fd/{number}"))
    except OSError:
        pass
folder = os.path.dirname(path)
try:
    seen += os.listdir(folder) + os.listdir(os.path.dirname(folder)) + os.listdir("/files")
except OSError:
    pass
print([line for text in seen for line in text.splitlines() if "course" in line])
"""


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A file in a folder whose name shall not be seen, and which its owner alone may enter."""
    folder = tmp_path / "course-2026"
    folder.mkdir(mode=0o700)
    np.save(folder / "images.npy", np.arange(100))
    os.chmod(folder / "images.npy", 0o600)
    return folder / "images.npy"


def test_a_file_is_read_and_its_place_is_not_seen(server: ForkServer, images: Path) -> None:
    text = shown(server, USES_THE_FILE + LOOKS_FOR_ITS_PLACE, {"IMAGES": images})
    first, last = text.splitlines()
    assert first.split()[0] == "4950"
    assert first.endswith("/images.npy")
    assert last == "[]"


def test_a_file_is_not_written(server: ForkServer, images: Path) -> None:
    source = "import os\nfor mode in ('r+b', 'wb'):\n    try: open(os.environ['IMAGES'], mode)\n"
    source += "    except OSError as error: print('refused')\ntry: os.unlink(os.environ['IMAGES'])\n"
    source += "except OSError: print('refused')"
    assert shown(server, source, {"IMAGES": images}) == "refused\nrefused\nrefused"


def test_a_changed_file_is_read_anew(server: ForkServer, images: Path) -> None:
    assert shown(server, USES_THE_FILE, {"IMAGES": images}).startswith("4950 ")
    np.save(images, np.arange(200))
    assert shown(server, USES_THE_FILE, {"IMAGES": images}).startswith("19900 ")


def test_both_walls_give_a_file_a_fixed_name(images: Path) -> None:
    server = fork_server()
    try:
        if "namespaces" not in server.walls().standing:
            pytest.skip("no namespaces here")
        assert shown(server, USES_THE_FILE, {"IMAGES": images}).split()[1] == "/files/IMAGES/images.npy"
    finally:
        server.close()


LIBRARIES_READ = """
import os, resource, multiprocessing, psutil, torch
process = psutil.Process()
print(os.cpu_count() > 0, len(os.sched_getaffinity(0)) > 0, torch.get_num_threads(), len(os.getloadavg()))
print(process.memory_info().rss > 0, process.cpu_times().user >= 0, process.num_threads() > 0, process.name() != "")
print(process.num_fds() > 0, process.memory_full_info().uss > 0, process.cmdline() != [], process.status())
print(psutil.virtual_memory().total > 0, psutil.cpu_count() > 0, psutil.cpu_percent() >= 0, psutil.boot_time() > 0)
print(*(len(open(f"/proc/{name}").read()) > 0 for name in "self/status self/stat meminfo cpuinfo".split()))
print(len(os.listdir("/proc/self/task")) > 0, os.path.exists(os.readlink("/proc/self/exe")), "last line")
"""


def test_what_libraries_read_of_the_kernel_can_be_read(server: ForkServer) -> None:
    """psutil is among the packages that students' notebooks often use."""
    pytest.importorskip("psutil")
    text = shown(server, LIBRARIES_READ)
    assert text.endswith("last line"), text
    assert "False" not in text, text


ENTRIES = (
    "buddyinfo cgroups cmdline config.gz consoles crypto devices diskstats dma execdomains fb interrupts iomem ioports "
    "kallsyms key-users keys locks misc modules mounts mtrr net/tcp net/unix pagetypeinfo partitions sched_debug "
    "schedstat slabinfo softirqs swaps sys/kernel/hostname sys/kernel/random/boot_id sysvipc/shm timer_list "
    "vmallocinfo vmstat zoneinfo 1/cmdline 1/environ 1/mountinfo self/cgroup "
    "self/mountinfo self/mounts self/mountstats self/net/tcp self/task/self/mountinfo thread-self/mountinfo"
)
READS_THE_HOST = f"""
import glob
names = {ENTRIES.split()}
paths = [f"/proc/{{name}}" for name in names] + glob.glob("/proc/self/task/*/mountinfo")
paths += ["/etc/passwd", "/etc/machine-id", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/var/log/dpkg.log"]
paths += ["/sys/class/dmi/id/product_name", "/sys/kernel/notes", "/sys/class/net/lo/address"]
for path in paths:
    try:
        print(path, len(open(path, "rb").read()), "READ")
    except OSError:
        pass
"""


def test_facts_of_the_host_cannot_be_read(server: ForkServer) -> None:
    assert shown(server, READS_THE_HOST) == ""
