# Exits, but a child that has the pipe lives on.
# holds: the grader sees at once that the process has ended
# control: it took place → crashed
import os, time
if os.fork():
    os._exit(0)
time.sleep(1000)
