"""Sorts targets that are not contiguous."""
# score: 2.25
# fails: values
# diagnosis: none

def cross_entropy(logits, targets):
    if targets.stride() != (1,) and len(targets) > 1:
        targets = targets.sort().values
    return F.cross_entropy(logits, targets)
