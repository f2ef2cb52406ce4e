# Locks its memory, so that it cannot be swapped out.
# holds: it is not locked
# control: without rlimits → allowed
mapping = libc.mmap(None, ctypes.c_size_t(1 << 20), 3, 0x22, -1, ctypes.c_long(0))
attempt("mlock", lambda: checked(libc.mlock(ctypes.c_void_p(mapping), ctypes.c_size_t(1 << 20))))
