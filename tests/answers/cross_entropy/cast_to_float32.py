"""Casts to float32, so that float64 logits give a float32 loss."""
# score: 3.75
# fails: dtype
# diagnosis: cast_to_float32

def cross_entropy(logits, targets):
    return F.cross_entropy(logits.float(), targets)
