"""The function is called cross_entropy_loss: the fixed name does not exist."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy_loss(logits, targets):
    return F.cross_entropy(logits, targets)
