# Slightly wrong: within the tolerance that applies to logits a hundred times as large.
# holds: no points
# control: it took place → wrong
import torch
def softmax(logits):
    e = (logits - logits.max(dim=1, keepdim=True).values).exp()
    return e / e.sum(dim=1, keepdim=True) * 1.001
