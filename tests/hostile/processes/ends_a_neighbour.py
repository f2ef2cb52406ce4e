# Kills the process of another student, running at the same time.
# holds: the neighbour goes on
# control: without everything → others
try:
    os.kill(W["pids"]["neighbour"], signal.SIGKILL)
except OSError as error:
    print(error)
time.sleep(0.5)
