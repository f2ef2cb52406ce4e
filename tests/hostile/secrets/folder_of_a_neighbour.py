# Reads the folder of another student's process, running at the same time.
# holds: nothing of it is read
# control: without everything → secret
import glob
ways = glob.glob(W["root"] + "/tmp/students-*/*/mine.txt")
ways += [f"/proc/{W['pids']['neighbour']}/cwd/mine.txt", f"/proc/{W['pids']['neighbour']}/root/home/student/mine.txt"]
for process in glob.glob("/proc/[0-9]*"):
    ways.append(process + "/cwd/mine.txt")
for way in ways:
    try:
        print(open(way).read())
    except OSError as error:
        print(error)
