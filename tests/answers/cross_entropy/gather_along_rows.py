"""Gathers along dim 0."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: gather_along_rows

def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=1)
    return -log_p.gather(0, targets[None, :]).mean()
