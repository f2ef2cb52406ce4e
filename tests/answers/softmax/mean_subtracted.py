"""Subtracts the row's mean, which does not bound the exponent."""
# score: 2.25
# fails: large_logits
# diagnosis: mean_subtracted

def softmax(logits):
    z = logits - logits.mean(dim=1, keepdim=True)
    e = torch.exp(z)
    return e / e.sum(dim=1, keepdim=True)
