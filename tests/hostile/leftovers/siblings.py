# A process made with CLONE_PARENT: a child of its parent.
# holds: nothing of it is left two seconds after the notebook
# control: it took place → READY
import pyseccomp
CLONE_PARENT = 0x8000
ours, theirs = os.pipe()
number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "clone")
if call(number, ctypes.c_long(CLONE_PARENT | signal.SIGCHLD), None, None, None, ctypes.c_long(0)) == 0:
    os.setsid()
    os.write(theirs, b"x")
    time.sleep(1000)
print("READY" if os.read(ours, 1) else "")
