# Creates namespaces, by clone and by unshare.
# holds: refused
# control: as root without seccomp → allowed
import pyseccomp
number = lambda name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
for kind in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
    for extra in (0, 0x10000000):
        if os.fork() == 0:
            attempt(f"unshare {kind:x}", lambda: call(number("unshare"), ctypes.c_long(kind | extra)))
            os._exit(0)
        os.wait()
        def clone():
            if call(number("clone"), ctypes.c_long(kind | extra | signal.SIGCHLD), None, None, None, ctypes.c_long(0)) == 0:
                os._exit(0)
            os.wait()
        attempt(f"clone {kind:x}", clone)
