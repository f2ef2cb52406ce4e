"""Run a command without some system calls: `python -m tests.helpers.deny SYSCALLS COMMAND…`.

Denying `landlock_create_ruleset` imitates a kernel without Landlock; NAMESPACES imitates a default Docker container.
"""

from __future__ import annotations

import errno
import os
import sys

import pyseccomp as sc

NAMESPACES = "namespaces"
CLONE_NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW*


def deny(names: list[str]) -> None:
    """Deny these system calls for this process and its future children, for good."""
    rules = sc.SyscallFilter(sc.ALLOW)
    for name in names:
        if name == NAMESPACES:
            for call in ("unshare", "setns", "mount", "pivot_root"):
                rules.add_rule(sc.ERRNO(errno.EPERM), call)
            rules.add_rule(sc.ERRNO(errno.ENOSYS), "clone3")
            for flag in CLONE_NAMESPACES:
                rules.add_rule(sc.ERRNO(errno.EPERM), "clone", sc.Arg(0, sc.MASKED_EQ, flag, flag))
        else:
            rules.add_rule(sc.ERRNO(errno.ENOSYS), name)
    rules.load()


if __name__ == "__main__":
    deny(sys.argv[1].split(","))
    os.execvp(sys.argv[2], sys.argv[2:])
