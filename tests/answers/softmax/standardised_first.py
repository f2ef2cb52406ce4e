"""Standardises each row before the exponential."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    z = (logits - logits.mean(dim=1, keepdim=True)) / logits.std(dim=1, keepdim=True)
    return torch.softmax(z, dim=1)
