"""A wall: file access by allow-list, no TCP; from ABI 6 on also no abstract socket and no signal to outside processes.

Numbers and structures are from linux/landlock.h; rights per ABI: docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from grader.sandbox.isolation.syscalls import PR_SET_NO_NEW_PRIVS, call, prctl

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
GET_VERSION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # ABI → number of file rights; 16 from ABI 5 on
SCOPES_ABI = 6


def abi() -> int:
    """The kernel's Landlock ABI version, or 0 without Landlock."""
    try:
        return call("landlock_create_ruleset", CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(GET_VERSION))
    except OSError:
        return 0


def restrict(read: Iterable[str], write: Iterable[str], listed: Iterable[str] = ()) -> None:
    """Limit this process and its future children to these files, for good. Raises OSError.

    read: read and execute, directories with everything below. write: all rights. listed: only list the directory.
    Paths that do not exist are skipped. From ABI 4 on, binding and connecting TCP ports is denied.
    """
    version = abi()
    files = (1 << FILE_RIGHTS.get(version, 16)) - 1
    network, scopes = (3 if version >= 4 else 0), (3 if version >= SCOPES_ABI else 0)
    attributes = struct.pack("QQQ", files, network, scopes)[: 8 if version < 4 else 16 if version < SCOPES_ABI else 24]
    ruleset = call("landlock_create_ruleset", CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    for paths, rights in ((read, READ_FILE | READ_DIR | EXECUTE), (write, files), (listed, READ_DIR)):
        for path in paths:
            _add_rule(ruleset, path, rights & files)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    call("landlock_restrict_self", RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _add_rule(ruleset: int, path: str, rights: int) -> None:
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
