"""Uses scipy's name without importing it."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    log_p = special.log_softmax(logits, axis=1)
    return -log_p[torch.arange(len(targets)), targets].mean()
