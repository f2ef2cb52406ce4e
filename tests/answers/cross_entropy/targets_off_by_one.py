"""Believes that classes are counted from 1."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: targets_counted_from_one

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets - 1)
