"""Forgets the return."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: return_forgotten

def cross_entropy(logits, targets):
    loss = F.cross_entropy(logits, targets)
