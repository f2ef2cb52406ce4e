"""Defines the parameters in the other order."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device

def cross_entropy(targets, logits):
    return F.cross_entropy(logits, targets)
