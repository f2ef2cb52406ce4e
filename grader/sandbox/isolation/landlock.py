"""A wall: files by an allow-list; where the kernel has the scopes, no abstract socket and no signal beyond it.

Numbers and structures are those of linux/landlock.h; which ABI has what: docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from grader.sandbox.isolation.syscalls import PR_SET_NO_NEW_PRIVS, call, prctl

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many file rights an ABI knows; 16 from 5 on
SCOPES_ABI = 6


def abi() -> int:
    """The kernel's Landlock ABI, or 0 without it."""
    try:
        return call("landlock_create_ruleset", CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))
    except OSError:
        return 0


def restrict(read: Iterable[str], write: Iterable[str], listed: Iterable[str] = ()) -> None:
    """From now on this process and its children see no file but these. Raises OSError.

    read: may be read and executed, with all below. write: everything. listed: directories whose names may be listed.
    Paths that do not exist are left out. No network port may be bound or connected to.
    """
    version = abi()
    files = (1 << RIGHTS.get(version, 16)) - 1
    network, scopes = (3 if version >= 4 else 0), (3 if version >= SCOPES_ABI else 0)
    attributes = struct.pack("QQQ", files, network, scopes)[: 8 if version < 4 else 16 if version < SCOPES_ABI else 24]
    ruleset = call("landlock_create_ruleset", CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    for paths, rights in ((read, READ_FILE | READ_DIR | EXECUTE), (write, files), (listed, READ_DIR)):
        for path in paths:
            _allow(ruleset, path, rights & files)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    call("landlock_restrict_self", RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
        call(f"landlock {path}", ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)
