# Joins the namespaces of the grader.
# holds: no other process notices
# control: as root without everything → allowed
import pyseccomp
for kind in ("mnt", "net", "pid", "ipc", "uts"):
    def enter():
        descriptor = os.open(f"/proc/{W['pids']['grader']}/ns/{kind}", os.O_RDONLY)
        call(pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "setns"), ctypes.c_long(descriptor), ctypes.c_long(0))
    attempt(kind, enter)
