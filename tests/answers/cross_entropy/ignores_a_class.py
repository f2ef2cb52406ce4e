"""Leaves out class 9, as if it were padding."""
# score: 1.5
# fails: values, gradients, device
# diagnosis: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets, ignore_index=9)
