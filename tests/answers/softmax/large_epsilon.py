"""Adds 0.1 to the denominator "against division by zero"."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    return e / (e.sum(dim=1, keepdim=True) + 0.1)
