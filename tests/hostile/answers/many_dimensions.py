# A tensor of sixty dimensions.
# holds: no points
# control: it took place → crashed
import numpy as np, torch
def softmax(logits):
    return torch.zeros([1] * 60)
