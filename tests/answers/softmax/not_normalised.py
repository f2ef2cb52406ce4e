"""Stops after the exponential."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: not_normalised

def softmax(logits):
    return torch.exp(logits - logits.max(dim=1, keepdim=True).values)
