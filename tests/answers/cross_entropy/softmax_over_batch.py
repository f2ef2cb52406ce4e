"""log_softmax along dim 0, over the batch."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device

def cross_entropy(logits, targets):
    return F.nll_loss(F.log_softmax(logits, dim=0), targets)
