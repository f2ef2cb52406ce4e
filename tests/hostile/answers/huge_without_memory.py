# A tensor of 2^40 elements that takes no memory (stride 0).
# holds: no points
# control: it took place → raised
import numpy as np, torch
def softmax(logits):
    return torch.zeros(1).expand(2**40)
