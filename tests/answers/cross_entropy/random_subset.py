"""Evaluates a random half of the batch, as in stochastic gradient descent."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    keep = torch.randperm(len(targets))[: max(1, len(targets) // 2)]
    return F.cross_entropy(logits[keep], targets[keep])
