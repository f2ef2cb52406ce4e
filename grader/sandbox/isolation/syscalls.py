"""The few system calls that neither Python nor a library wraps. Each raises OSError where the kernel says no."""

from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 1, 4, 8
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47
PR_CAPBSET_DROP = 24
CAPSET = {"x86_64": 126, "aarch64": 91}
_libc = ctypes.CDLL(None, use_errno=True)


def call(what: str, *arguments: object) -> int:
    """`syscall(2)`; `what` names it in the error. Raises OSError."""
    return _checked(int(_libc.syscall(*arguments)), what)


def prctl(option: int, value: int = 0, second: int = 0) -> None:
    """Raises OSError."""
    arguments = (ctypes.c_ulong(value), ctypes.c_ulong(second), ctypes.c_ulong(0), ctypes.c_ulong(0))
    _checked(int(_libc.prctl(option, *arguments)), f"prctl {option}")


def setns(descriptor: int, kinds: int) -> None:
    """Join the namespaces of a process (a pidfd). Raises OSError."""
    _checked(int(_libc.setns(descriptor, kinds)), "setns")


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
