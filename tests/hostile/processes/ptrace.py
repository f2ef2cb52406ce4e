# Traces another process, and itself.
# holds: no other process notices
# control: without everything → allowed
PTRACE_TRACEME, PTRACE_SEIZE = 0, 0x4206
attempt("seize", lambda: checked(libc.ptrace(ctypes.c_long(PTRACE_SEIZE), ctypes.c_long(W["pids"]["victim"]), None, None)))
if os.fork() == 0:
    attempt("trace me", lambda: checked(libc.ptrace(ctypes.c_long(PTRACE_TRACEME), ctypes.c_long(0), None, None)))
    os._exit(0)
os.wait()
