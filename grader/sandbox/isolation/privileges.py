"""A wall: no user, group or capability that could reach anything. Needs no privileges to give them up."""

from __future__ import annotations

import contextlib
import os
import struct

from grader.sandbox.isolation.syscalls import (
    CAPSET,
    PR_CAP_AMBIENT,
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    PR_SET_KEEPCAPS,
    PR_SET_NO_NEW_PRIVS,
    call,
    prctl,
)

CAPABILITY_VERSION_3 = 0x20080522
CAPABILITIES = 64  # more than any kernel knows
CAP_DAC_READ_SEARCH = 1 << 2
PR_CAP_AMBIENT_CLEAR_ALL = 4
LARGEST_PID = 1 << 22


def unused_uid() -> int | None:
    """As root: a user of this process's own, who owns nothing; None for anyone else, who stays who they are.

    From the upper end of what this user namespace maps, so that a container with few ids has one too.
    """
    if os.geteuid() != 0:
        return None
    with open("/proc/self/uid_map") as file:
        first, _, count = (int(number) for number in file.read().split()[:3])
    end = min(first + count, 1 << 31)
    return end - 2 - os.getpid() % min(LARGEST_PID, max((end - first) // 2, 1))


def drop(uid: int | None, *, read_search: bool = False) -> None:
    """Become `uid` and give up all capabilities for good. Raises OSError.

    Joining a user namespace gives all capabilities, so everyone drops them. `read_search` keeps CAP_DAC_READ_SEARCH:
    for files that only root may read and no mount namespace shows; Landlock still decides what is read.
    """
    for capability in range(CAPABILITIES):
        with contextlib.suppress(OSError):  # an ordinary user has none to give up
            prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_SET_KEEPCAPS, 1)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    keep = CAP_DAC_READ_SEARCH if read_search else 0
    header, sets = struct.pack("II", CAPABILITY_VERSION_3, 0), struct.pack("IIIIII", keep, keep, 0, 0, 0, 0)
    call("capset", CAPSET[os.uname().machine], header, sets)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_DUMPABLE, 1)  # setresuid cleared it, and /proc/self would not be this process's own
