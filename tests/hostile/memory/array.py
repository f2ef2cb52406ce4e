# One large array.
# holds: a MemoryError, or the end of the process
# control: with room → held
import numpy as np
array = np.ones(400 << 17)
held(array.nbytes >> 20)
