"""Sums over the batch instead of taking the mean."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: sum_instead_of_mean

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets, reduction="sum")
