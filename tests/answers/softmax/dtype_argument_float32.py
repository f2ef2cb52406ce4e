"""Passes dtype=torch.float32 to F.softmax."""
# score: 2.75
# fails: dtype

def softmax(logits):
    return F.softmax(logits, dim=1, dtype=torch.float32)
