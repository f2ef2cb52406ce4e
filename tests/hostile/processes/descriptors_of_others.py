# Takes a file descriptor of another process.
# holds: no other process notices
# control: without everything → allowed
attempt("taken", lambda: call(438, os.pidfd_open(W["pids"]["victim"]), ctypes.c_long(1), ctypes.c_long(0)))
