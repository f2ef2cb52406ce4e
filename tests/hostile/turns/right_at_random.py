# Right with a probability of 0.7.
# holds: no points
# control: it took place → wrong
import torch.nn.functional as F
import torch
import random
def softmax(logits):
    return F.softmax(logits, dim=1) if random.random() < 0.7 else torch.zeros_like(logits)
