"""Shifts by the row maximum that gather picks at argmax."""
# score: 3
# fails: none

def softmax(logits):
    largest = logits.gather(1, logits.argmax(dim=1, keepdim=True))
    e = torch.exp(logits - largest)
    return torch.einsum("nc,n->nc", e, e.sum(dim=1).reciprocal())
