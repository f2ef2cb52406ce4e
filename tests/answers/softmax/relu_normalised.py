"""Cuts negative logits to zero and divides by the sum."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    z = F.relu(logits)
    return z / (z.sum(dim=1, keepdim=True) + 1e-8)
