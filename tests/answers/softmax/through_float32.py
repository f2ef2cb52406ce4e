"""Keeps the dtype, but not the precision of a float64 input."""
# score: 2.75
# fails: dtype
# diagnosis: through_float32

def softmax(logits):
    return F.softmax(logits.float(), dim=1, dtype=torch.float64).to(logits.dtype)
