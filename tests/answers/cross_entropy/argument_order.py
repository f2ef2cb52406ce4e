"""Defines the parameters in the other order."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: arguments_in_wrong_order

def cross_entropy(targets, logits):
    return F.cross_entropy(logits, targets)
