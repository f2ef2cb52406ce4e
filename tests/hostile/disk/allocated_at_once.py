# Allocates disk space without writing, faster than the watchdog samples.
# holds: space is taken as fast as it is written
# control: without seccomp → allowed
import pyseccomp
number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "fallocate")
with open("file", "wb") as file:
    attempt("fallocate", lambda: call(number, file.fileno(), ctypes.c_long(0), ctypes.c_long(0), ctypes.c_long(1 << 20)))
