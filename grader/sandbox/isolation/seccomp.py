"""A wall: an allow-by-default filter of system calls, through libseccomp. What a notebook never needs gets an error."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from types import ModuleType

DENIED_CALLS = """
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
# Landlock does not cover inotify. Without connect and bind, no socket can leave its pair.
DENIED_CALLS += "inotify_init inotify_init1 inotify_add_watch connect bind listen accept accept4".split()
# These could hide memory that no bound counts, because it belongs to no process and no file: descriptors in transit
# (SCM_RIGHTS), pages in a pipe (one byte of a huge page keeps 2 MB), enlarged socket buffers.
DENIED_CALLS += "sendmsg sendmmsg setsockopt".split()
MISSING_CALLS = "vmsplice splice tee sendfile openat2".split()  # ENOSYS: libraries then fall back to other calls
# fallocate takes 60 MB of disk at once, before the watchdog looks again; the others change files outside.
UNSUPPORTED_CALLS = """fallocate
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr""".split()
# Landlock does not cover these either. If outside files belong to the same user, they return 0 and do nothing, rather
# than fail: copying a file ends with a chmod.
METADATA_CALLS = """chmod fchmod fchmodat chown fchown lchown fchownat utime utimes utimensat futimesat""".split()
NEWER_CALLS = range(450, 512)  # added after this list was made; from Linux 5.1 on, equal on all architectures
CLONE_NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW*
CLONE_FILES, CLONE_THREAD = 0x400, 0x10000
SIGNAL_CALLS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCSETD, TIOCLINUX = 0x8901, 0x8902, 0x5412, 0x5423, 0x541C
FILE_SYSTEM_IOCTLS = (0x58, 0x66, 0x76, 0x94)  # the second byte of the request: flags, projects, verity, clones
F_SETOWN_EX = 15
UNKNOWN_CALL = -1  # libseccomp's __NR_SCMP_ERROR
TRUNCATE_ABI, SCOPES_ABI = 3, 6  # Landlock ABIs from which on it covers truncation, and signals

Rule = tuple[int, str | int, list[object]]  # errno (0: succeed and do nothing), system call, conditions on arguments


def problem() -> str:
    """Why libseccomp cannot be used, or ""."""
    try:
        import pyseccomp
    except Exception as error:  # a missing library raises RuntimeError or OSError, depending on the version
        return f"libseccomp is missing ({error}): apt install libseccomp2"
    del pyseccomp
    return ""


def load(*, same_user: bool, landlock_abi: int) -> None:
    """Install the filter for this process and its future children, for good. Raises OSError.

    same_user: processes and files outside belong to the student's user and no namespace hides them, so what Landlock
    does not cover in this ABI is denied here.
    Calls through another architecture (32-bit, x32) kill the process: their numbers mean other calls.
    """
    import pyseccomp as sc

    filter_ = sc.SyscallFilter(sc.ALLOW)
    filter_.set_attr(sc.Attr.ACT_BADARCH, sc.KILL_PROCESS)
    rules = [*_rules(sc), *(_same_user_rules(sc, landlock_abi) if same_user else ())]
    for number, call, conditions in rules:
        # Some architectures, and older versions of libseccomp, lack some of the calls.
        if isinstance(call, int) or sc.resolve_syscall(sc.Arch.NATIVE, call) != UNKNOWN_CALL:
            filter_.add_rule(sc.ERRNO(number), call, *conditions)
    filter_.load()


def _rules(sc: ModuleType) -> Iterator[Rule]:
    yield errno.EAFNOSUPPORT, "socket", []
    # A filter cannot read the flags of clone3, which are in memory. The C library falls back to clone.
    yield errno.ENOSYS, "clone3", []
    for names, number in (
        (DENIED_CALLS, errno.EPERM),
        (MISSING_CALLS, errno.ENOSYS),
        (UNSUPPORTED_CALLS, errno.EOPNOTSUPP),
    ):
        yield from ((number, name, []) for name in names)
    yield from ((errno.ENOSYS, number, []) for number in NEWER_CALLS)
    # The scheduler may give each session the same share of the CPUs (autogroup): a notebook has one, made before this.
    # It returns 0 and does nothing, since subprocess calls it for `start_new_session`.
    yield 0, "setsid", []
    yield from ((errno.EPERM, "clone", [sc.Arg(0, sc.MASKED_EQ, flag, flag)]) for flag in CLONE_NAMESPACES)
    # A thread with its own descriptor table: /proc/PID/fd would not show its files to the watchdog.
    yield errno.EPERM, "clone", [sc.Arg(0, sc.MASKED_EQ, CLONE_THREAD | CLONE_FILES, CLONE_THREAD)]
    # A datagram socket of a pair could still send to any address.
    yield errno.EPERM, "socketpair", [sc.Arg(0, sc.NE, socket.AF_UNIX)]
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        yield errno.EPERM, "socketpair", [sc.Arg(1, sc.MASKED_EQ, 0xF, kind)]
    for command in (FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCSETD, TIOCLINUX):
        # The kernel ignores the upper 32 bits of a request.
        yield errno.EPERM, "ioctl", [sc.Arg(1, sc.MASKED_EQ, 0xFFFFFFFF, command)]
    for group in FILE_SYSTEM_IOCTLS:
        yield errno.ENOTTY, "ioctl", [sc.Arg(1, sc.MASKED_EQ, 0xFF00, group << 8)]
    # A lease delays other processes that open the file.
    for command in (fcntl.F_SETOWN, F_SETOWN_EX, fcntl.F_SETLEASE, fcntl.F_NOTIFY):
        yield errno.EPERM, "fcntl", [sc.Arg(1, sc.MASKED_EQ, 0xFFFFFFFF, command)]
    yield errno.EPERM, "prlimit64", [sc.Arg(0, sc.NE, 0)]


def _same_user_rules(sc: ModuleType, landlock_abi: int) -> Iterator[Rule]:
    yield from ((0, name, []) for name in METADATA_CALLS)
    if landlock_abi < TRUNCATE_ABI:
        yield errno.EPERM, "truncate", []
        for call, argument in (("open", 1), ("openat", 2)):  # O_TRUNC empties a file that is opened for reading, too
            yield errno.EPERM, call, [sc.Arg(argument, sc.MASKED_EQ, os.O_TRUNC | os.O_ACCMODE, os.O_TRUNC)]
    if landlock_abi < SCOPES_ABI:
        yield from ((errno.EPERM, name, [sc.Arg(0, sc.NE, os.getpid())]) for name in SIGNAL_CALLS)
        yield errno.EPERM, "pidfd_send_signal", []  # it names its target by a descriptor, which a filter cannot check
