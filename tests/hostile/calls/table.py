# Makes every dangerous system call with harmless arguments: an error about the arguments means that it got through.
# holds: refused
# control: without seccomp → allowed
import pyseccomp
REFUSED = {errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EOPNOTSUPP}
BAD = -1
for line in """
    ptrace -1 -1; process_vm_readv -1 0 0 0 0 -1; process_vm_writev -1 0 0 0 0 -1; process_madvise -1 0 0 0 -1
    kcmp -1 -1 99; pidfd_getfd -1 -1; perf_event_open 0; bpf -1; userfaultfd -1
    mount; umount2 0 -1; pivot_root; chroot; open_tree -1 0 -1; move_mount -1 0 -1 0 -1; fsopen 0 -1; fsmount -1 -1; fspick -1 0 -1
    unshare 1; setns -1; name_to_handle_at -1 0 0 0 -1; open_by_handle_at -1; fanotify_init -1 -1; quotactl -1
    add_key; request_key; keyctl -2; io_uring_setup; io_uring_enter -1; io_uring_register -1
    shmget -1 0; shmat -1; shmctl -1 -1; semget -1 -1; semop -1 0 0; semctl -1 0 -1; msgget -1 0; msgsnd -1; msgrcv -1; msgctl -1 -1
    mq_open; mq_unlink; memfd_create; memfd_secret -1; personality 4294967295; syslog -1
    init_module; finit_module -1; delete_module; iopl -1; modify_ldt -1; clock_settime -1; clock_adjtime -1
    sched_setaffinity -1; sched_setscheduler -1 -1; sched_setparam -1; sched_setattr -1; setpriority -1; ioprio_set -1
    migrate_pages -1; move_pages -1; mbind 1; set_mempolicy -1; sethostname 0 -1
    inotify_init1 -1; inotify_add_watch -1; vmsplice -1; splice -1; tee -1; sendfile -1; fallocate -1
    sendmsg -1; sendmmsg -1; setsockopt -1; connect -1; bind -1; listen -1; accept -1
    setxattr; fsetxattr -1; removexattr; clone3; openat2 -1 0 0 0; process_mrelease -1 -1
""".replace("\n", ";").split(";"):
    name, *arguments = line.split() or [""]
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) if name else -1
    if number < 0:
        continue
    try:
        call(number, *(ctypes.c_long(int(argument)) for argument in arguments), *[ctypes.c_long(0)] * (6 - len(arguments)))
        allowed(name)
    except OSError as error:
        if error.errno not in REFUSED:
            allowed(f"{name} ({error})")
