"""Demands a second argument that nobody passes."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits, dim):
    return torch.softmax(logits, dim=dim)
