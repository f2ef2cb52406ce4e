# Deleted files without a descriptor, kept alive by a mapping.
# holds: an OSError, or the end of the process
# control: with room → held
block = os.urandom(1 << 20)

for number in range(10):
    with open(f"file{number}", "wb+") as file:
        for _ in range(20):
            file.write(block)
        file.flush()
        libc.mmap(None, ctypes.c_size_t(4096), 1, 2, file.fileno(), ctypes.c_long(0))
    os.unlink(f"file{number}")
held(200)
