# Reads the environment and the command line of every process.
# holds: nothing of it is read
# control: without everything → secret
import glob
for path in [f"/proc/{pid}/environ" for pid in W["pids"].values()] + glob.glob("/proc/[0-9]*/environ"):
    try:
        print(open(path, errors="replace").read())
    except OSError as error:
        print(error)
print(dict(os.environ), os.popen("env; ps auxwwe").read())
