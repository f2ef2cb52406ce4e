"""log_softmax along dim 0, over the batch."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: softmax_over_batch

def cross_entropy(logits, targets):
    return F.nll_loss(F.log_softmax(logits, dim=0), targets)
