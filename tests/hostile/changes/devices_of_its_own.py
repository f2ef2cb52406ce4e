# Creates a device file in its own folder, and opens it.
# holds: no devices
# control: as root without everything → allowed
import stat
for name, kind in (("disk", stat.S_IFBLK), ("memory", stat.S_IFCHR)):
    attempt(name, lambda: os.mknod(name, kind | 0o600, os.makedev(1, 1)))
