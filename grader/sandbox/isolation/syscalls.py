"""System calls that Python does not wrap, through ctypes. Each raises OSError with the kernel's error number."""

from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 1, 4, 8
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47
PR_CAPBSET_DROP = 24
CAPSET_NUMBERS = {"x86_64": 126, "aarch64": 91}
_libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """`syscall(2)`: `arguments` start with the number; `name` is for the error message. Raises OSError."""
    return _checked(int(_libc.syscall(*arguments)), name)


def prctl(option: int, value: int = 0, second: int = 0) -> None:
    """`prctl(2)`. Raises OSError."""
    arguments = (ctypes.c_ulong(value), ctypes.c_ulong(second), ctypes.c_ulong(0), ctypes.c_ulong(0))
    _checked(int(_libc.prctl(option, *arguments)), f"prctl {option}")


def setns(pidfd: int, flags: int) -> None:
    """Join those namespaces of a process that `flags` (CLONE_NEW*) select. Raises OSError."""
    _checked(int(_libc.setns(pidfd, flags)), "setns")


def _checked(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result
