"""Returns log_softmax: the logarithms of the probabilities."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: log_softmax_returned

def softmax(logits):
    return F.log_softmax(logits, dim=1)
