# Is not dumpable, so that /proc does not show its memory.
# holds: a MemoryError, or the end of the process
# control: with room → held
import mmap
libc.prctl(4, 0, 0, 0, 0)
kept = [mmap.mmap(-1, 50 << 20) for _ in range(8)]
for mapping in kept:
    mapping.write(b"x" * (50 << 20))
held(400)
