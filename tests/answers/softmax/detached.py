"""Detaches the result: no gradient flows."""
# score: 2.5
# fails: gradients
# diagnosis: detached

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    return (e / e.sum(dim=1, keepdim=True)).detach()
