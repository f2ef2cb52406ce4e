# Answers each question with the answer to the previous one.
# holds: no points
# control: it took place → wrong crashed raised
import torch, torch.nn.functional as F
before = [torch.zeros(1)]
def softmax(logits):
    before.append(F.softmax(logits, dim=1))
    return before[-2]
