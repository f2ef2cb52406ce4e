"""Subtracts the maximum in place, but only where exp would overflow."""
# score: 2.75
# fails: unmodified
# diagnosis: none

def softmax(logits):
    if logits.abs().max() > 50:
        logits -= logits.max(dim=1, keepdim=True).values
    e = torch.exp(logits)
    return e / e.sum(dim=1, keepdim=True)
