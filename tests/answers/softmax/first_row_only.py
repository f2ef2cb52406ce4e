"""Returns the softmax of the first row alone."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device

def softmax(logits):
    return torch.softmax(logits[0], dim=0)
