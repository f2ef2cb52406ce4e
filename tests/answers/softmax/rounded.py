"""Rounds to one decimal, because the lecture reads the numbers aloud as 70%, 20%, 10%."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    p = torch.softmax(logits, dim=1)
    return torch.round(p * 10) / 10
