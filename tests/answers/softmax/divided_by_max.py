"""Divides by the maximum instead of subtracting it."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: divided_by_max

def softmax(logits):
    z = logits / logits.max(dim=1, keepdim=True).values
    e = torch.exp(z)
    return e / e.sum(dim=1, keepdim=True)
