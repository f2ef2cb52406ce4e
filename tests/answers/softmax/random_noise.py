"""Adds a little noise "for regularisation"."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    noisy = logits + 0.1 * torch.randn_like(logits)
    return torch.softmax(noisy, dim=1)
