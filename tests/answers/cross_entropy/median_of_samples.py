"""The median over the batch instead of the mean."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets, reduction="none").median()
