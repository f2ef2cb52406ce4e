"""Hides torch's function behind its own name and calls itself."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device

def cross_entropy(logits, targets):
    return cross_entropy(logits, targets)
