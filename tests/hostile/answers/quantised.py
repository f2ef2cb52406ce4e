# Quantised numbers.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def softmax(logits):
    return torch.quantize_per_tensor(logits.float(), 0.1, 0, torch.quint8)
