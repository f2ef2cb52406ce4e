# Sets the resource limits of another process.
# holds: no other process notices
# control: without everything → reached
import resource
try:
    resource.prlimit(W["pids"]["victim"], resource.RLIMIT_NOFILE, (10, 10))
except OSError as error:
    print(error)
