# A thread with its own descriptor table, visible only below /proc/PID/task.
# holds: there is no such thread
# control: without seccomp → allowed
CLONE_VM, CLONE_SIGHAND, CLONE_THREAD = 0x100, 0x800, 0x10000
import pyseccomp
number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "clone")
if os.fork() == 0:
    stack = libc.mmap(None, ctypes.c_size_t(1 << 20), 3, 0x22, -1, ctypes.c_long(0))
    # The new thread returns into nothing and ends the process; what matters is whether it was allowed to begin.
    result = libc.syscall(ctypes.c_long(number), ctypes.c_long(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD), ctypes.c_long(stack + (1 << 19)), None, None, ctypes.c_long(0))
    os._exit(1 if result < 0 else 0)
_, status = os.wait()
if not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 1):
    allowed("a thread with descriptors of its own")
