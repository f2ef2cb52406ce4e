# A tensor on the meta device, which has no data.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def softmax(logits):
    return torch.zeros(logits.shape, device='meta')
