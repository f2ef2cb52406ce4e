# A tensor of 2^40 numbers that takes no memory.
# holds: no points
# control: it took place → raised
import numpy as np, torch
def softmax(logits):
    return torch.zeros(1).expand(2**40)
