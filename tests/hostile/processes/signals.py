# Sends signals to the grader, the fork server, the supervisor and a process of the same user.
# holds: no other process notices
# control: without everything → reached allowed
for name, pid in {**W["pids"], "parent": os.getppid()}.items():
    if pid:  # the parent is out of sight in a namespace
        attempt(name, os.kill, pid, 0)
try:
    os.kill(W["pids"]["victim"], signal.SIGSTOP)
except OSError as error:
    print(error)
