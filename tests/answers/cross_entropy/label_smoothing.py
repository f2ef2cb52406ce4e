"""Adds label smoothing."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: label_smoothing

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets, label_smoothing=0.1)
