# An array of objects.
# holds: no points
# control: it took place → wrong
import numpy as np, torch
def softmax(logits):
    return np.array([object()], dtype=object)
