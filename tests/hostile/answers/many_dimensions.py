# Sixty dimensions.
# holds: no points
# control: it took place → gone
import numpy as np, torch
def softmax(logits):
    return torch.zeros([1] * 60)
