"""Clamps the exponentials at 1e30, which makes large logits equal."""
# score: 2.25
# fails: large_logits
# diagnosis: none

def softmax(logits):
    e = torch.exp(logits).clamp(min=1e-30, max=1e30)
    return e / e.sum(dim=1, keepdim=True)
