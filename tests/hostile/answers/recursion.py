# Infinite recursion.
# holds: no points
# control: it took place → raised
import numpy as np, torch
def softmax(logits):
    return softmax(logits)
