# Leaves files in all world-writable folders.
# holds: nothing outside its folder changes
# control: without landlock namespaces → changed
for place in (W["root"] + "/open", "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue", W["root"] + "/tmp"):
    for name, make in (("file", lambda path: open(path, "w").close()), ("folder", os.mkdir), ("fifo", os.mkfifo), ("link", lambda path: os.symlink("/", path))):
        attempt(place, make, f"{place}/strewn-{W['mark']}-{name}")
