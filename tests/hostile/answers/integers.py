# Integers.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def softmax(logits):
    return torch.ones(logits.shape, dtype=torch.int64)
