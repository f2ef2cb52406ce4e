"""Multiplies by the class indices as if they were one-hot rows."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: class_numbers_as_factors

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    return -(targets[:, None] * log_p).sum(dim=1).mean()
