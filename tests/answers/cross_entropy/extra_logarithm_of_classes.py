"""Divides by log C, so that guessing gives 1."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: divided_by_log_of_classes

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets) / np.log(logits.shape[1])
