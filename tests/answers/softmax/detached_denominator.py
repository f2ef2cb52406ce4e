"""Detaches the denominator only, so that the gradient misses the interaction of the classes."""
# score: 2.5
# fails: gradients
# diagnosis: detached_denominator

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values.detach())
    total = e.sum(dim=1, keepdim=True)
    return e / total.detach()
