"""Divides by the sum of the targets, a leftover from weighted means."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: divided_by_sum_of_targets

def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets, reduction="none")
    return loss.sum() / targets.sum()
