# A shared mapping, which RLIMIT_DATA does not limit.
# holds: a MemoryError, or the end of the process
# control: with room → held
import mmap
kept = [mmap.mmap(-1, 50 << 20) for _ in range(8)]
for mapping in kept:
    mapping.write(b"x" * (50 << 20))
held(400)
