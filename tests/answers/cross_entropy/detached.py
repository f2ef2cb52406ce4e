"""Detaches the loss, so nothing can be trained with it."""
# score: 3.25
# fails: gradients
# diagnosis: detached

def cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets).detach()
