"""The allow-list of host files for students' processes: the system's, Python's, a few of the kernel's; not `grader`."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import grader

SYSTEM = """
    /bin /sbin /lib /lib32 /lib64 /libx32 /usr/bin /usr/sbin /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/include
    /usr/share /usr/local/bin /usr/local/lib /usr/local/lib64 /usr/local/include /usr/local/share/fonts
    /etc/alternatives /etc/fonts /etc/ld.so.cache /etc/localtime /etc/mime.types /etc/timezone
    /nix/store /gnu/store /sys/devices/system/cpu /sys/devices/system/node
""".split()
# Below a Python prefix. Not the whole prefix, which may also hold settings or a course.
PYTHON = "bin include lib lib32 lib64 libexec share pyvenv.cfg".split()
# joblib and others read these to count the usable cores, and fail if they are refused.
CORES = ["/sys/fs/cgroup/cpu.max", *(f"/sys/fs/cgroup/cpu/cpu.cfs_{kind}_us" for kind in ("quota", "period"))]
DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random"]
# What libraries read of the kernel and of their own process. Not there: cmdline, config.gz, interrupts and the like; of
# the process mounts, control groups and network, which name paths and connections of the host.
PROC = [f"/proc/{name}" for name in "cpuinfo filesystems loadavg meminfo stat uptime version".split()]
PROC += [f"/proc/sys/{name}" for name in ("kernel/osrelease", "kernel/version", "vm/overcommit_memory")]
PROC += [
    f"/proc/self/{name}"
    for name in """auxv cmdline comm environ exe fd fdinfo io limits maps mem oom_score oom_score_adj
    smaps smaps_rollup stat statm status""".split()
]
PROC_LISTED = ["/proc/self/task"]  # to count threads
GPU_DEVICES = ("/dev", "nvidia*")
GPU_FILES = ["/proc/driver/nvidia", "/sys/bus/pci/devices", "/sys/devices", "/sys/module/nvidia", "/sys/class"]


@cache
def readable() -> tuple[str, ...]:
    """Existing paths that every student's process may read. Packages are listed one by one, to leave out `grader`."""
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    prefixes |= {os.path.realpath(prefix) for prefix in prefixes}
    python = [f"{prefix}/{name}" for prefix in sorted(prefixes - {"/usr", "/usr/local"}) for name in PYTHON]
    hidden = Path(grader_directory())
    paths = [path for place in [*SYSTEM, *CORES, *python] for path in _without(Path(place), hidden)]
    return tuple(path for path in paths if os.path.exists(path))


@cache
def package_directories() -> tuple[str, ...]:
    """site-packages directories: importing lists their names."""
    return tuple(path for path in site.getsitepackages() if os.path.isdir(path))


def grader_directory() -> str:
    """The directory of `grader`, which holds the checks. The outer wall hides it if it is inside a readable path."""
    return str(Path(grader.__file__).parent)


def gpu_devices() -> list[str]:
    """NVIDIA's device files, such as `/dev/nvidia0`."""
    folder, pattern = GPU_DEVICES
    return sorted(str(path) for path in Path(folder).glob(pattern))


def unreadable_by(uid: int, paths: Iterable[str]) -> list[str]:
    """Those of `paths` that a user without groups cannot read, because of their mode or that of a parent directory."""

    def permits(path: Path, bit: int) -> bool:
        status = path.stat()
        return bool(status.st_mode >> (6 if status.st_uid == uid else 0) & bit)

    existing = [path for path in map(Path, paths) if path.exists() and not str(path).startswith(("/proc", "/sys"))]
    resolved = {path: path.resolve() for path in existing}
    return [
        str(path)
        for path, real in resolved.items()
        if not permits(real, 4) or not all(permits(parent, 1) for parent in real.parents)
    ]


def _without(path: Path, hidden: Path) -> list[str]:
    """Paths that together cover `path`, except `hidden`. Links are resolved: a venv's lib64 is a link to lib."""
    real = path.resolve()
    if real == hidden:
        return []
    if real not in hidden.parents:
        return [str(path)]
    return [found for below in sorted(path.iterdir()) for found in _without(below, hidden)]
