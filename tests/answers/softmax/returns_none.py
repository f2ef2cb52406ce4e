"""Forgets the return."""
# score: 0
# fails: values, large_logits, gradients, dtype, unmodified, device
# diagnosis: return_forgotten

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    p = e / e.sum(dim=1, keepdim=True)
