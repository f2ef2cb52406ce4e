# Parents that wait in the kernel (vfork) for stopped children.
# holds: no fault of the grader's
# control: it took place → crashed undecided
import ctypes, os, signal
libc = ctypes.CDLL(None)
for _ in range(10):
    if os.fork() == 0:
        if libc.syscall(58) == 0:  # vfork
            os.kill(os.getpid(), signal.SIGSTOP)
        while True: signal.pause()
os.kill(os.getpid(), signal.SIGKILL)
