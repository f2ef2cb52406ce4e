"""Returns the loss and the probabilities."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets), F.softmax(logits, dim=1)
