"""A wall: no capabilities, no new privileges, and as root a separate user. An ordinary user can build it too."""

from __future__ import annotations

import contextlib
import os
import struct

from grader.sandbox.isolation.syscalls import (
    CAPSET_NUMBERS,
    PR_CAP_AMBIENT,
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    PR_SET_KEEPCAPS,
    PR_SET_NO_NEW_PRIVS,
    call,
    prctl,
)

CAPABILITY_VERSION_3 = 0x20080522
CAPABILITY_COUNT = 64  # more than any kernel has
CAP_DAC_READ_SEARCH = 1 << 2
PR_CAP_AMBIENT_CLEAR_ALL = 4
LARGEST_PID = 1 << 22


def unused_uid() -> int | None:
    """As root: a uid without files or processes, different for each process id. None for an ordinary user.

    From the upper end of the ids that this user namespace maps, so that it works in a container with few ids.
    """
    if os.geteuid() != 0:
        return None
    with open("/proc/self/uid_map") as file:
        first, _, count = (int(number) for number in file.read().split()[:3])
    end = min(first + count, 1 << 31)
    return end - 2 - os.getpid() % min(LARGEST_PID, max((end - first) // 2, 1))


def drop(uid: int | None, *, keep_read_search: bool = False) -> None:
    """Change to `uid` (None: keep the user) and drop all capabilities for good. Raises OSError.

    Ordinary users drop them too, because joining a user namespace grants all. keep_read_search: keep
    CAP_DAC_READ_SEARCH, for files that only root may read, without a mount namespace; Landlock still limits what is
    read.
    """
    for capability in range(CAPABILITY_COUNT):
        with contextlib.suppress(OSError):  # an ordinary user may not drop them, and has none
            prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_SET_KEEPCAPS, 1)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    keep = CAP_DAC_READ_SEARCH if keep_read_search else 0
    header, sets = struct.pack("II", CAPABILITY_VERSION_3, 0), struct.pack("IIIIII", keep, keep, 0, 0, 0, 0)
    call("capset", CAPSET_NUMBERS[os.uname().machine], header, sets)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_DUMPABLE, 1)  # setresuid cleared it, and then /proc/self belongs to root
