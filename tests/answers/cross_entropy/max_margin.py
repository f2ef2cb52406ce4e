"""A hinge loss between the right logit and the others."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def cross_entropy(logits, targets):
    return F.multi_margin_loss(logits, targets)
