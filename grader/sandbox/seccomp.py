"""A wall: system calls by name, through libseccomp. What a notebook never needs is refused with an ordinary error."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import errno
import fcntl
import os
from typing import Any

DENIED = """
    ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd perf_event_open bpf userfaultfd
    mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount fsconfig fspick mount_setattr
    unshare setns name_to_handle_at open_by_handle_at fanotify_init quotactl quotactl_fd acct swapon swapoff
    add_key request_key keyctl io_uring_setup io_uring_enter io_uring_register
    shmget shmat shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink
    memfd_create memfd_secret personality vhangup syslog reboot kexec_load kexec_file_load
    init_module finit_module delete_module iopl ioperm modify_ldt settimeofday clock_settime clock_adjtime adjtimex
    sethostname setdomainname sched_setaffinity sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set
    migrate_pages move_pages mbind set_mempolicy set_mempolicy_home_node lookup_dcookie nfsservctl uselib ustat sysfs
""".split()
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW*
SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal")
FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX = 0x8901, 0x8902, 0x5412, 0x541C
F_SETOWN_EX = 15
UNKNOWN = -1  # libseccomp's __NR_SCMP_ERROR


def available() -> str:
    """→ "" or why there is no libseccomp."""
    try:
        import pyseccomp
    except Exception as error:  # a missing library shows as RuntimeError or OSError, by version
        return f"libseccomp is missing ({error}): apt install libseccomp2"
    del pyseccomp
    return ""


def load(*, own_signals_only: bool) -> None:
    """For good, for this process and its children. Raises OSError.

    own_signals_only: only to itself, where neither Landlock nor a user of its own nor a pid namespace bounds signals.
    Calls of another architecture (32-bit, x32) end the process: their numbers mean other things.
    """
    import pyseccomp as sc

    filter_ = sc.SyscallFilter(sc.ALLOW)
    filter_.set_attr(sc.Attr.ACT_BADARCH, sc.KILL_PROCESS)
    rules: list[tuple[int, str, list[Any]]] = []
    rules.append((errno.EAFNOSUPPORT, "socket", []))
    rules.append((errno.ENOSYS, "clone3", []))  # its flags cannot be seen; the C library falls back to clone
    rules += [(errno.EPERM, name, []) for name in DENIED]
    rules += [(errno.EPERM, "clone", [sc.Arg(0, sc.MASKED_EQ, kind, kind)]) for kind in NAMESPACES]
    rules += [(errno.EPERM, "ioctl", [_low(sc, 1, number)]) for number in (FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX)]
    rules += [(errno.EPERM, "fcntl", [_low(sc, 1, number)]) for number in (fcntl.F_SETOWN, F_SETOWN_EX)]
    rules += [(errno.EPERM, "prlimit64", [sc.Arg(0, sc.NE, 0)])]
    if own_signals_only:
        rules += [(errno.EPERM, name, [sc.Arg(0, sc.NE, os.getpid())]) for name in SIGNALS]
    for number, name, arguments in rules:
        if sc.resolve_syscall(sc.Arch.NATIVE, name) != UNKNOWN:  # an architecture need not have it
            filter_.add_rule(sc.ERRNO(number), name, *arguments)
    filter_.load()


def _low(sc: object, index: int, number: int) -> object:
    """An argument whose lower 32 bits are `number`: the kernel looks at no more."""
    return sc.Arg(index, sc.MASKED_EQ, 0xFFFFFFFF, number)  # type: ignore[attr-defined]
