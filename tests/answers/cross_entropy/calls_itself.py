"""Infinite recursion: its name hides the torch function that it means to call."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    return cross_entropy(logits, targets)
