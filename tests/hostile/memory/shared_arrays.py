# Memory that belongs to no file: arrays and semaphores of multiprocessing.
# holds: a MemoryError, or the end of the process
# control: with room → held
import multiprocessing

kept = [multiprocessing.RawArray("b", 50 << 20) for _ in range(8)]
for array in kept:
    ctypes.memset(array, 1, len(array))
held(400)
