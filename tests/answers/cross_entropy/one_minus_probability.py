"""Takes 1 - p of the right class for the loss."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: one_minus_probability

def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=1)
    return (1 - p.gather(1, targets[:, None])).mean()
