# Blocks of shared memory, by name and by torch, which other programs keep in /dev/shm.
# holds: an error, or the end of the process
# control: with room → held
from multiprocessing import shared_memory

import torch

kept = [shared_memory.SharedMemory(create=True, size=10 << 20) for _ in range(6)]
for block in kept:
    block.buf[:] = os.urandom(10 << 20)
tensors = [torch.randn(1 << 20).share_memory_() for _ in range(15)]
held(120)
