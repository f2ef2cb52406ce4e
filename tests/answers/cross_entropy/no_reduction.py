"""Returns the loss of each sample instead of one number."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: no_reduction

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets, reduction="none")
