# Reads mounts, the kernel's command line, the environment of the first process, control groups.
# holds: no secret of the course
# control: without everything → secret
found = ""
for name in ("mountinfo", "mounts", "mountstats", "cmdline", "environ", "cgroup", "auxv", "maps", "limits", "status"):
    for pid in ("self", "1", "2", "thread-self", str(os.getppid()), str(W["pids"]["server"]), str(W["pids"]["grader"])):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                found += file.read().decode(errors="replace").replace("\0", " ")
        except OSError:
            pass
for line in found.splitlines():
    if "world-" in line or "TOKEN" in line:
        print(line)
for name in ("course/gradebook.db", "home/notes.txt"):
    try: print(open(W["root"] + "/" + name).read())
    except OSError as error: print(error)
