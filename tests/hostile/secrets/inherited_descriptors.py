# Tries every inherited descriptor, and the folders above them.
# holds: nothing of it is read
# control: it took place → READY
for name in os.listdir("/proc/self/fd"):
    for path in (".", "..", "../../../../../../" + W["checks"]):
        try:
            os.close(os.open(path, os.O_RDONLY, dir_fd=int(name)))
            allowed(f"descriptor {name} {path}")
        except OSError:
            pass
print("READY", {name: os.path.lexists(f"/proc/self/fd/{name}") and os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")})
