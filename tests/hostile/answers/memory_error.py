# Raises MemoryError.
# holds: no points
# control: it took place → raised
import numpy as np, torch
def throw(error):
    raise error
def softmax(logits):
    return throw(MemoryError())
