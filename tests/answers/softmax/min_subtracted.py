"""Subtracts the minimum, so that the largest exponential still overflows."""
# score: 2.25
# fails: large_logits
# diagnosis: min_subtracted

def softmax(logits):
    z = logits - logits.min(dim=1, keepdim=True).values
    e = torch.exp(z)
    return e / e.sum(dim=1, keepdim=True)
