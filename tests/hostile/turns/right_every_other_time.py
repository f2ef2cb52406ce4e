# Right every other time.
# holds: no points
# control: it took place → wrong
import torch.nn.functional as F
import torch
calls = []
def softmax(logits):
    calls.append(0)
    return F.softmax(logits, dim=1) if len(calls) % 2 else torch.zeros_like(logits)
