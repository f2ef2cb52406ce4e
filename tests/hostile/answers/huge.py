# A tensor of 20 million elements.
# holds: no points
# control: it took place → raised
import numpy as np, torch
def softmax(logits):
    return torch.zeros(20_000_000)
