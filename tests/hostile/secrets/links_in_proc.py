# Reads through /proc/PID/root and /proc/PID/cwd, its own and those of other processes.
# holds: nothing of it is read
# control: without landlock namespaces → secret
paths = [W["root"] + "/home/.ssh/id_ed25519", W["root"] + "/course/gradebook.db", W["checks"],
         W["root"] + "/course/submitted/other/loss_functions/losses.ipynb"]

for path in paths:
    for way in ("/proc/self/root", "/proc/thread-self/root", "/proc/1/root", "/proc/self/cwd/../../..", f"/proc/{os.getppid()}/root"):
        try:
            print(open(way + path).read())
        except OSError as error:
            print(error)
