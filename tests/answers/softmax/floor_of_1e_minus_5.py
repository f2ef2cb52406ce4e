"""No probability may be below 1e-5."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    return torch.softmax(logits, dim=1).clamp(min=1e-5)
