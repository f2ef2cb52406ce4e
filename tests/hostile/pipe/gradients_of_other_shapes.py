# Right values where gradients are not compared; gradients of other shapes and dtypes, and without data, in turn.
# holds: the student's own failure, not the grader's
# control: it took place → wrong crashed raised

import torch, torch.nn.functional as F
real = torch.autograd.grad
kinds = [
    lambda g: torch.zeros(7, 3, 9), lambda g: g.to("meta"), lambda g: g.bool(), lambda g: g.to(torch.complex64),
    lambda g: torch.empty(10**6, 0),
]
def grad(*a, **k):
    kinds.append(kinds.pop(0))
    return tuple(g if g is None else kinds[0](g) for g in real(*a, **k))
torch.autograd.grad = grad
def softmax(logits):
    return F.softmax(logits, dim=1) + 0.01
