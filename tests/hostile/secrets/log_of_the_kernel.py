# Reads the kernel log and device files.
# holds: nothing of it is read
# control: as root without everything → allowed
for path in ("/dev/kmsg", "/proc/kmsg", "/dev/mem", "/dev/port", "/proc/kcore", "/dev/vda", "/dev/sda", "/dev/nvme0n1"):
    attempt(path, lambda: os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK)))
