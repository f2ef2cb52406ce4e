"""Makes a new leaf of the logits: the gradient never reaches the caller."""
# score: 3.25
# fails: gradients
# diagnosis: detached

def cross_entropy(logits, targets):
    z = logits.detach().clone()
    z.requires_grad = True
    return F.cross_entropy(z, targets)
