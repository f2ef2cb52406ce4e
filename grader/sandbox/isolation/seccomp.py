"""A wall: system calls by name, through libseccomp. What a notebook never needs is refused with an ordinary error."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from typing import Any

DENIED = """
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd perf_event_open bpf
    mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount fsconfig fspick mount_setattr userfaultfd
    unshare setns name_to_handle_at open_by_handle_at fanotify_init quotactl quotactl_fd acct swapon swapoff
    add_key request_key keyctl io_uring_setup io_uring_enter io_uring_register
    shmget shmat shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink
    memfd_create memfd_secret personality vhangup syslog reboot kexec_load kexec_file_load
    init_module finit_module delete_module iopl ioperm modify_ldt settimeofday clock_settime clock_adjtime adjtimex
    sethostname setdomainname sched_setaffinity sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set
    migrate_pages move_pages mbind set_mempolicy lookup_dcookie nfsservctl uselib ustat sysfs
""".split()
# Landlock does not see who watches a file; a socket that was never opened can neither be bound nor connected.
DENIED += "inotify_init inotify_init1 inotify_add_watch connect bind listen accept accept4".split()
# What they carry lies in no process's memory and in nobody's files, so no bound would count it: descriptors on their
# way, pages in a pipe (a byte of a huge page holds 2 MB), a larger buffer.
DENIED += "sendmsg sendmmsg setsockopt".split()
MISSING = "vmsplice splice tee sendfile openat2".split()  # ENOSYS: who wants them knows how to do without
UNSUPPORTED = """fallocate
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr""".split()  # 60 MB in no time; files of others
# Landlock does not see these either. Where files outside are the same user's, they succeed and do nothing: copying a
# file ends with a chmod.
METADATA = """chmod fchmod fchmodat chown fchown lchown fchownat utime utimes utimensat futimesat""".split()
UNSEEN = range(450, 512)  # calls newer than this list; since Linux 5.1 they have the same number everywhere
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW*
CLONE_FILES, CLONE_THREAD = 0x400, 0x10000
SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCSETD, TIOCLINUX = 0x8901, 0x8902, 0x5412, 0x5423, 0x541C
FILE_SYSTEMS = (0x58, 0x66, 0x76, 0x94)  # the second byte of their ioctls: flags, projects, verity, clones
F_SETOWN_EX = 15
UNKNOWN = -1  # libseccomp's __NR_SCMP_ERROR
TRUNCATE_ABI, SCOPES_ABI = 3, 6  # of Landlock: before, it sees no truncation, no signal

Rule = tuple[int, str | int, list[Any]]  # errno, system call, conditions on its arguments


def available() -> str:
    """→ "" or why there is no libseccomp."""
    try:
        import pyseccomp
    except Exception as error:  # a missing library shows as RuntimeError or OSError, by version
        return f"libseccomp is missing ({error}): apt install libseccomp2"
    del pyseccomp
    return ""


def load(*, same_user: bool, landlock: int) -> None:
    """For good, for this process and its children. Raises OSError.

    same_user: files and processes outside belong to the student's user, and no namespace hides them: then what Landlock
    does not bound is bounded here. landlock: its ABI.
    Calls of another architecture (32-bit, x32) end the process: their numbers mean other things.
    """
    import pyseccomp as sc

    filter_ = sc.SyscallFilter(sc.ALLOW)
    filter_.set_attr(sc.Attr.ACT_BADARCH, sc.KILL_PROCESS)
    rules = [*_always(sc), *(_same_user(sc, landlock) if same_user else ())]
    for number, call, conditions in rules:
        # An architecture, or an older libseccomp, need not have it.
        if isinstance(call, int) or sc.resolve_syscall(sc.Arch.NATIVE, call) != UNKNOWN:
            filter_.add_rule(sc.ERRNO(number), call, *conditions)
    filter_.load()


def _always(sc: Any) -> Iterator[Rule]:
    yield errno.EAFNOSUPPORT, "socket", []
    yield errno.ENOSYS, "clone3", []  # its flags cannot be seen; the C library falls back to clone
    for kinds, number in ((DENIED, errno.EPERM), (MISSING, errno.ENOSYS), (UNSUPPORTED, errno.EOPNOTSUPP)):
        yield from ((number, name, []) for name in kinds)
    yield from ((errno.ENOSYS, number, []) for number in UNSEEN)
    yield from ((errno.EPERM, "clone", [sc.Arg(0, sc.MASKED_EQ, kind, kind)]) for kind in NAMESPACES)
    # A thread with descriptors of its own: /proc/PID/fd would not show them to the watchdog.
    yield errno.EPERM, "clone", [sc.Arg(0, sc.MASKED_EQ, CLONE_THREAD | CLONE_FILES, CLONE_THREAD)]
    # A pair of datagram sockets could still be sent to any address.
    yield errno.EPERM, "socketpair", [sc.Arg(0, sc.NE, socket.AF_UNIX)]
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        yield errno.EPERM, "socketpair", [sc.Arg(1, sc.MASKED_EQ, 0xF, kind)]
    for command in (FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCSETD, TIOCLINUX):
        yield errno.EPERM, "ioctl", [sc.Arg(1, sc.MASKED_EQ, 0xFFFFFFFF, command)]  # the kernel looks at 32 bits
    for group in FILE_SYSTEMS:
        yield errno.ENOTTY, "ioctl", [sc.Arg(1, sc.MASKED_EQ, 0xFF00, group << 8)]
    for command in (fcntl.F_SETOWN, F_SETOWN_EX, fcntl.F_SETLEASE, fcntl.F_NOTIFY):  # a lease makes others wait
        yield errno.EPERM, "fcntl", [sc.Arg(1, sc.MASKED_EQ, 0xFFFFFFFF, command)]
    yield errno.EPERM, "prlimit64", [sc.Arg(0, sc.NE, 0)]


def _same_user(sc: Any, landlock: int) -> Iterator[Rule]:
    yield from ((0, name, []) for name in METADATA)
    if landlock < TRUNCATE_ABI:
        yield errno.EPERM, "truncate", []
        for call, argument in (("open", 1), ("openat", 2)):  # open for reading empties it, too
            yield errno.EPERM, call, [sc.Arg(argument, sc.MASKED_EQ, os.O_TRUNC | os.O_ACCMODE, os.O_TRUNC)]
    if landlock < SCOPES_ABI:
        yield from ((errno.EPERM, name, [sc.Arg(0, sc.NE, os.getpid())]) for name in SIGNALS)
        yield errno.EPERM, "pidfd_send_signal", []  # its first argument is a descriptor, which may be any number
