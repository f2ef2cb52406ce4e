"""A bracket is missing, so the cell never runs."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: none

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values
    return e / e.sum(dim=1, keepdim=True)
