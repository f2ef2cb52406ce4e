# Has capabilities, or acquires some.
# holds: refused
# control: without everything → allowed
import struct
status = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
if any(int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")):
    allowed("capabilities")
if status["NoNewPrivs"] != "1":
    allowed("new privileges by programs")
for name in ("CapEff", "CapBnd", "NoNewPrivs", "Uid", "Gid", "Groups"):
    print(name, status[name])
header = struct.pack("II", 0x20080522, 0)
attempt("capset", lambda: checked(libc.capset(header, struct.pack("IIIIII", 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 0))))
