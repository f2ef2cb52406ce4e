"""Casts to float32, so that float64 logits give a float32 loss."""
# score: 3.75
# fails: dtype

def cross_entropy(logits, targets):
    return F.cross_entropy(logits.float(), targets)
