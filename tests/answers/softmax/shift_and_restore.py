"""Subtracts the maximum in place and adds it again: rounding leaves another input."""
# score: 2.75
# fails: unmodified
# diagnosis: none

def softmax(logits):
    m = logits.max(dim=1, keepdim=True).values.clone()
    logits -= m
    e = torch.exp(logits)
    p = e / e.sum(dim=1, keepdim=True)
    logits += m
    return p
