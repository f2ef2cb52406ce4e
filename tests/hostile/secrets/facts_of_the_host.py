# Reads what the kernel tells of the host: its command line, devices, mounts, connections, control groups.
# holds: no entry can be read that libraries do not need
# control: without landlock → allowed
import glob

names = "cmdline config.gz interrupts iomem kallsyms modules partitions diskstats mounts net/tcp cgroups softirqs timer_list"
names += " self/mountinfo self/mounts self/mountstats self/cgroup self/net/unix thread-self/mountinfo 1/mountinfo"
names += " 1/cmdline sys/kernel/hostname sys/kernel/random/boot_id"
for path in [f"/proc/{name}" for name in names.split()] + glob.glob("/proc/self/task/*/mountinfo"):
    attempt(path, lambda path=path: open(path, "rb").read(10))
for folder in ("/proc", "/proc/sys", "/proc/1", "/sys", "/sys/fs/cgroup"):
    attempt(folder, os.listdir, folder)
