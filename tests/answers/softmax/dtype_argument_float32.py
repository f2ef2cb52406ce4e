"""Passes dtype=torch.float32 to F.softmax."""
# score: 2.75
# fails: dtype
# diagnosis: cast_to_float32

def softmax(logits):
    return F.softmax(logits, dim=1, dtype=torch.float32)
