# Files in memory (memfd), and pages in a pipe (vmsplice).
# holds: no memory that nobody counts
# control: without seccomp → allowed
attempt("memfd", os.memfd_create, "hostile")
import pyseccomp
number = lambda name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
attempt("memfd_secret", lambda: call(number("memfd_secret"), ctypes.c_long(0)))
page = ctypes.create_string_buffer(4096)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(page), 1)
attempt("vmsplice", lambda: call(number("vmsplice"), ctypes.c_long(os.pipe()[1]), vector, ctypes.c_long(1), ctypes.c_long(0)))
segment = attempt("System V", lambda: call(number("shmget"), ctypes.c_long(0), ctypes.c_long(4096), ctypes.c_long(0o1600)))
if segment is not None:
    call(number("shmctl"), ctypes.c_long(segment), ctypes.c_long(0), None)
