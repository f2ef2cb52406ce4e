"""Which files of the host a student's process may read: the system's, Python's, a few of the kernel's; none of ours."""

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
PYTHON = "bin include lib lib32 lib64 libexec share pyvenv.cfg".split()  # of a prefix: settings and a course stay out
# joblib and others open these to count the cores that they may use, and do not expect to be refused.
CORES = ["/sys/fs/cgroup/cpu.max", *(f"/sys/fs/cgroup/cpu/cpu.cfs_{kind}_us" for kind in ("quota", "period"))]
DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random"]
PROC = ["/proc/self", *(f"/proc/{name}" for name in "cpuinfo filesystems meminfo stat uptime version".split())]
PROC += [f"/proc/sys/{name}" for name in ("kernel/osrelease", "kernel/version", "vm/overcommit_memory")]
GPU_DEVICES = ("/dev", "nvidia*")
GPU_FILES = ["/proc/driver/nvidia", "/sys/bus/pci/devices", "/sys/devices", "/sys/module/nvidia", "/sys/class"]


@cache
def readable() -> tuple[str, ...]:
    """The system's and the interpreter's, the packages one by one: `grader` itself is not among them."""
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    prefixes |= {os.path.realpath(prefix) for prefix in prefixes}
    python = [f"{prefix}/{name}" for prefix in sorted(prefixes - {"/usr", "/usr/local"}) for name in PYTHON]
    own = Path(own_package())
    paths = [path for place in [*SYSTEM, *CORES, *python] for path in _beside(Path(place), own)]
    return tuple(path for path in paths if os.path.exists(path))


@cache
def packages() -> tuple[str, ...]:
    """Directories of packages: their names may be listed, as an import does."""
    return tuple(path for path in site.getsitepackages() if os.path.isdir(path))


def own_package() -> str:
    """Where `grader` lies: checks are below, and the outer wall covers it where it lies inside the interpreter."""
    return str(Path(grader.__file__).parent)


def gpu_devices() -> list[str]:
    """`/dev/nvidia0` and its like."""
    folder, pattern = GPU_DEVICES
    return sorted(str(path) for path in Path(folder).glob(pattern))


def closed_to(uid: int, paths: Iterable[str]) -> list[str]:
    """Those of `paths` that a user without groups cannot read, for their own mode or that of a folder above."""

    def may(path: Path, bit: int) -> bool:
        status = path.stat()
        return bool(status.st_mode >> (6 if status.st_uid == uid else 0) & bit)

    there = [path for path in map(Path, paths) if path.exists() and not str(path).startswith(("/proc", "/sys"))]
    resolved = {path: path.resolve() for path in there}
    return [
        str(path)
        for path, real in resolved.items()
        if not may(real, 4) or not all(may(parent, 1) for parent in real.parents)
    ]


def _beside(path: Path, hidden: Path) -> list[str]:
    """`path` itself, or, where it leads to `hidden` (a venv's lib64 is a link to lib), everything beside the way."""
    real = path.resolve()
    if real == hidden:
        return []
    if real not in hidden.parents:
        return [str(path)]
    return [found for below in sorted(path.iterdir()) for found in _beside(below, hidden)]
