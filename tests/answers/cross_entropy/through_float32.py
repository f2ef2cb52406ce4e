"""Keeps the dtype, but not the precision of a float64 input."""
# score: 3.75
# fails: dtype
# diagnosis: through_float32

def cross_entropy(logits, targets):
    return F.cross_entropy(logits.float(), targets).to(logits.dtype)
