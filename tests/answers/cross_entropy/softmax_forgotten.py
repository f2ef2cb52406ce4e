"""nll_loss on raw logits: neither softmax nor logarithm."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: softmax_forgotten

def cross_entropy(logits, targets):
    return F.nll_loss(logits, targets)
