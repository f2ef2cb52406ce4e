"""Divides by the sum of the targets, a leftover from weighted means."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device

def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets, reduction="none")
    return loss.sum() / targets.sum()
