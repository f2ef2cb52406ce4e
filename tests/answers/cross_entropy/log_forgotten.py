"""nll_loss on probabilities: the logarithm is missing."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: log_forgotten

def cross_entropy(logits, targets):
    return F.nll_loss(F.softmax(logits, dim=1), targets)
