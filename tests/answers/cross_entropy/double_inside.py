"""Computes in double precision and goes back to the input's dtype."""
# score: 4
# fails: none

def cross_entropy(logits, targets):
    return F.cross_entropy(logits.double(), targets).to(logits.dtype)
