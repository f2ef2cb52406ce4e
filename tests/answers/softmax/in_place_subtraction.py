"""Subtracts the maximum in place: the caller's logits change."""
# score: 2.75
# fails: unmodified

def softmax(logits):
    logits -= logits.max(dim=1, keepdim=True).values
    e = torch.exp(logits)
    return e / e.sum(dim=1, keepdim=True)
