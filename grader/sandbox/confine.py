"""What a forked process gives up before a student's code runs in it: the ordered list. Each step must succeed.

The order matters: descriptors before the environment that names none of them, the directory last because the steps
before it may need the old one.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Collection, Mapping
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    """Raises OSError."""
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def keep_only(descriptors: Collection[int]) -> None:
    """Close every descriptor but these; standard input, output and error become /dev/null unless they are kept."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in descriptors:
            try:
                os.close(int(name))
            except OSError:  # the one that listed the directory
                continue
    null = os.open(os.devnull, os.O_RDWR)
    for standard in {0, 1, 2} - set(descriptors):
        os.dup2(null, standard)
    if null > 2:
        os.close(null)


def confine(pipe: int, box: Path, environment: Mapping[str, str]) -> None:
    """Turn this process into a student's: one pipe, one directory, an environment of its own. Raises OSError."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # first: nothing below may outlive the supervisor
    os.setsid()  # no terminal, and a process group of its own
    keep_only({pipe})  # the fork server's own sockets are here
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.clear()
    os.environ.update(environment)
    os.umask(0o077)
    os.chdir(box)
