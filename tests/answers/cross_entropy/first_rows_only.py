"""Looks at the first 32 rows of a batch."""
# score: 1.5
# fails: values, gradients, device
# diagnosis: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits[:32], targets[:32])
