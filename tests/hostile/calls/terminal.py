# Pushes input into its terminal, and changes the line discipline.
# holds: refused
# control: as root without everything → allowed
import fcntl, struct
try:
    ours, theirs = os.openpty()
except OSError as error:
    print(error)
here = [int(name) for name in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{name}")]
for descriptor in [number for number in here if "pt" in os.readlink(f"/proc/self/fd/{number}")]:
    for number, argument in ((0x5412, b"x"), (0x541C, b"\x02"), (0x5423, struct.pack("i", 99))):
        attempt(hex(number), fcntl.ioctl, descriptor, number, argument)
