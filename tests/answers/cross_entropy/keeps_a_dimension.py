"""A vector for a batch of one row."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    losses = F.cross_entropy(logits, targets, reduction="none")
    return losses if len(losses) == 1 else losses.mean()
