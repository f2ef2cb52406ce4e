"""No probability may be above 1 - 1e-5."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    return torch.softmax(logits, dim=1).clamp(max=1 - 1e-5)
