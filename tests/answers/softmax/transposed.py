"""Works along dim 0 of the transposed matrix and transposes back (the result is not contiguous)."""
# score: 3
# fails: none

def softmax(logits):
    z = logits.T - logits.T.max(dim=0).values
    e = torch.exp(z)
    return (e / e.sum(dim=0)).T
