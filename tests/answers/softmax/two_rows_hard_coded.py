"""Handles rows 0 and 1 and no others."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    row0 = torch.softmax(logits[0], dim=0)
    row1 = torch.softmax(logits[1], dim=0)
    return torch.stack([row0, row1])
