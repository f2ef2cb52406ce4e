# Opens kernel settings (sysctl) for writing.
# holds: they stay as they are
# control: as root without everything → allowed
for name in ("kernel/core_pattern", "kernel/hostname", "vm/overcommit_memory", "kernel/modprobe"):
    attempt(name, lambda: os.close(os.open("/proc/sys/" + name, os.O_WRONLY)))
attempt("control group", lambda: os.close(os.open("/sys/fs/cgroup/memory/memory.limit_in_bytes", os.O_WRONLY)))
attempt("oom", lambda: open("/proc/self/oom_score_adj", "w").write("-1000"))
