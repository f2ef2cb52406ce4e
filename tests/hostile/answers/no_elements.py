# A tensor without elements.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def softmax(logits):
    return torch.empty(0, 4)
