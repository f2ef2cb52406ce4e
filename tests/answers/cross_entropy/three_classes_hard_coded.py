"""one_hot(targets, 3): only C = 3 works."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    t = F.one_hot(targets, 3)
    return -(t * F.log_softmax(logits, dim=1)).sum() / len(targets)
